package mayfly.core.actor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.base.RunnerId;
import mayfly.core.Step;
import mayfly.core.actor.Actor.Reason;
import mayfly.core.actor.Actor.Running;
import mayfly.core.actor.Actor.Starting;
import mayfly.core.actor.Actor.Stopping;
import mayfly.core.actor.ActorEvent.News;
import mayfly.core.actor.ActorEvent.Stopped;
import mayfly.core.actor.ActorEvent.Told;

/** The words of the tables of actor states. Generation 3 is on runner R from 1 s on. */
abstract class ActorRows {
    static final Actors ACTORS =
            new Actors(new ActorTimes(Duration.ofSeconds(30), Duration.ofMinutes(30), Duration.ofSeconds(60)));
    static final RunnerId R = new RunnerId("run" + "1".repeat(26));
    static final RunnerId OTHER = new RunnerId("run" + "2".repeat(26));
    static final long STOP = 1_800_000;
    static final OptionalLong NONE = OptionalLong.empty();
    static final News ENDED = new Stopped(true, "");
    static final News CRASHED = new Stopped(false, "boom");
    static final Failure BOOM = new Failure.Crashed("boom");

    static Life life(CrashPolicy policy) {
        return new Life(policy, 3, NONE, OptionalLong.of(1_000), Retry.NONE, Optional.empty());
    }

    static Life hindered(CrashPolicy policy, Failure failure) {
        return new Life(policy, 3, NONE, OptionalLong.of(1_000), Retry.NONE, Optional.of(failure));
    }

    static Life failed(CrashPolicy policy, Failure failure, long atMillis, long generation) {
        return new Life(policy, generation, NONE, OptionalLong.of(1_000), new Retry(1, atMillis), Optional.of(failure));
    }

    static Place place(long lastEvent) {
        return new Place(R, 3, lastEvent);
    }

    static Actor starting(CrashPolicy policy) {
        return new Starting(life(policy), place(-1), 31_000);
    }

    static Actor running(CrashPolicy policy) {
        return new Running(life(policy), place(0), 1_000);
    }

    static Actor stopping(CrashPolicy policy, Reason reason) {
        return new Stopping(life(policy), place(1), reason, false, 2_000, 2_000 + STOP);
    }

    static Told told(long generation, long index, News news) {
        return new Told(R, generation, index, news, 2_000);
    }

    static void on(Actor before, ActorEvent event, Actor after, ActorEffect... effects) {
        assertThat(ACTORS.step(before, event)).isEqualTo(step(after, effects));
    }

    static void stays(Actor before, ActorEvent event) {
        assertThat(ACTORS.step(before, event)).isEqualTo(Step.stay(before));
    }

    static Step<Actor, ActorEffect> step(Actor state, ActorEffect... effects) {
        return new Step<>(state, List.of(effects));
    }
}
