package mayfly.store;

import java.time.Instant;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import org.jspecify.annotations.Nullable;

/**
 * An actor, as far as it must be known after a restart. Namespace, name, key and time of creation never change.
 *
 * @param key by which clients find it, unique among the actors of one namespace and name that were not destroyed; null
 *     when it can be found by its id only
 * @param pool whose runners host it
 * @param crashPolicy "restart", "sleep" or "destroy"
 * @param destroyedAt set once, and final
 * @param alarmAt set only while it may fire
 * @param awake whether anything must be resumed when a node starts
 * @param state as JSON; the store does not look into it
 * @param revision counts the changes of this record
 */
public record ActorRecord(
        ActorId id,
        NamespaceId namespace,
        String name,
        @Nullable String key,
        String pool,
        String crashPolicy,
        Instant createdAt,
        @Nullable Instant destroyedAt,
        @Nullable Instant alarmAt,
        boolean awake,
        String state,
        long revision) {}
