package mayfly.actors;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.core.runner.Runner;
import mayfly.store.RunnerRecord;

/**
 * A runner as it is at a moment.
 *
 * @param usedSlots actors that it has
 * @param connected whether it has a socket
 * @param lastPongMillis when it was last heard
 * @param rttMillis of its last answer to a ping
 */
public record RunnerView(
        RunnerRecord record, int usedSlots, boolean connected, OptionalLong lastPongMillis, OptionalLong rttMillis) {

    static RunnerView of(RunnerRecord record, Runner state, int usedSlots, long rttMillis) {
        Runner.Link link = switch (state) {
            case Runner.Serving it -> it.link();
            case Runner.Draining it -> it.link();
            case Runner.Gone _ -> new Runner.Link.Away(0, 0, 0, false);
        };
        boolean up = link instanceof Runner.Link.Up;
        OptionalLong pong = link instanceof Runner.Link.Up it ? OptionalLong.of(it.pongMillis()) : OptionalLong.empty();
        return new RunnerView(
                record, usedSlots, up, pong, rttMillis < 0 ? OptionalLong.empty() : OptionalLong.of(rttMillis));
    }

    /** One that is known from the store only. */
    static RunnerView stored(RunnerRecord record) {
        return new RunnerView(record, 0, false, OptionalLong.empty(), OptionalLong.empty());
    }

    /** Since when it takes no more actors; absent while it does. */
    public Optional<Instant> drainedAt() {
        return Optional.ofNullable(record.drainedAt());
    }
}
