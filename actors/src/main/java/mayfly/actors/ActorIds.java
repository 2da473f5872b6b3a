package mayfly.actors;

import mayfly.base.ActorId;
import org.jspecify.annotations.Nullable;

/** Ids as strangers write them. */
final class ActorIds {
    private ActorIds() {}

    /** Null for what is no id of an actor. */
    static @Nullable ActorId parse(String text) {
        try {
            return new ActorId(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
