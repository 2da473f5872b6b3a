package mayfly.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorIntent;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import org.junit.jupiter.api.Test;

/** What the engine may not have is told again, and no more than that is kept. */
class EventLogTest {
    private final EventLog log = new EventLog("a", 3);

    private static Event alarm(long millis) {
        return new Event.SetAlarm(OptionalLong.of(millis));
    }

    private EventWrapper wrapper(long index, Event event) {
        return new EventWrapper(new ActorCheckpoint("a", 3, index), event);
    }

    @Test
    void eventsAreNumberedAndKept() {
        Event running = new Event.StateUpdate(new ActorState.Running());
        Event sleep = new Event.Intent(ActorIntent.SLEEP);
        assertThat(log.append(running)).isEqualTo(wrapper(0, running));
        assertThat(log.append(sleep)).isEqualTo(wrapper(1, sleep));
        assertThat(log.unacked()).containsExactly(wrapper(0, running), wrapper(1, sleep));
    }

    @Test
    void aLaterAlarmTakesTheEarlierOnesPlace() {
        log.append(new Event.StateUpdate(new ActorState.Running()));
        for (int at = 0; at < 1000; at++) {
            log.append(alarm(at));
        }
        assertThat(log.unacked()).hasSize(2).last().isEqualTo(wrapper(1000, alarm(999)));
    }

    @Test
    void whatIsAckedIsForgotten() {
        log.append(alarm(0));
        log.append(new Event.Intent(ActorIntent.SLEEP));
        log.append(alarm(1));
        log.ack(new ActorCheckpoint("b", 3, 2));
        log.ack(new ActorCheckpoint("a", 2, 2));
        assertThat(log.unacked()).hasSize(2);
        log.ack(new ActorCheckpoint("a", 3, 1));
        assertThat(log.unacked()).containsExactly(wrapper(2, alarm(1)));
        assertThat(log.append(alarm(5)).checkpoint().index()).isEqualTo(3);
    }
}
