package mayfly.actors;

import java.time.Instant;
import java.util.Optional;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import mayfly.core.actor.Actor;

/** An actor as it is at a moment. */
public record ActorView(
        ActorId id,
        NamespaceId namespaceId,
        String name,
        Optional<String> key,
        String pool,
        Instant createdAt,
        Actor state) {}
