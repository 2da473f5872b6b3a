package mayfly.actors;

import java.util.Optional;
import mayfly.core.actor.CrashPolicy;
import mayfly.store.NamespaceRecord;

/**
 * An actor that somebody wants.
 *
 * @param name what kind of actor: the runner's program knows it by this name
 * @param key which one of them; unique among those of the same namespace and name that are not destroyed
 * @param pool the runners that may host it
 * @param input handed to the program at each start, up to Limits.ACTOR_INPUT_BYTES_MAX
 */
public record ActorRequest(
        NamespaceRecord namespace,
        String name,
        Optional<String> key,
        String pool,
        CrashPolicy crashPolicy,
        Optional<byte[]> input) {}
