package mayfly.core.actor;

import mayfly.base.RunnerId;

/**
 * Where a generation of an actor lives.
 *
 * @param lastEvent the highest index of this generation's events that was taken; -1 before the first
 */
public record Place(RunnerId runner, long generation, long lastEvent) {
    /** Whether the runner is known to have received the command to start: it has spoken of this generation. */
    public boolean heard() {
        return lastEvent >= 0;
    }

    boolean is(RunnerId otherRunner, long otherGeneration) {
        return generation == otherGeneration && runner.equals(otherRunner);
    }

    Place heardUntil(long event) {
        return new Place(runner, generation, event);
    }
}
