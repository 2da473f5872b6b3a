package mayfly.core.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import mayfly.base.RunnerId;
import mayfly.core.Property;
import mayfly.core.Step;
import mayfly.core.runner.Runner.Draining;
import mayfly.core.runner.Runner.Gone;
import mayfly.core.runner.Runner.Link.Away;
import mayfly.core.runner.Runner.Link.Up;
import mayfly.core.runner.Runner.Serving;
import mayfly.core.runner.RunnerEffect.CloseReason;
import mayfly.core.runner.RunnerEffect.CloseSocket;
import mayfly.core.runner.RunnerEffect.LoseActors;
import mayfly.core.runner.RunnerEffect.Offer;
import mayfly.core.runner.RunnerEffect.Persist;
import mayfly.core.runner.RunnerEffect.Retire;
import mayfly.core.runner.RunnerEffect.TickAt;
import mayfly.core.runner.RunnerEffect.Welcome;
import mayfly.core.runner.RunnerEffect.Withhold;
import mayfly.core.runner.RunnerEvent.Attached;
import mayfly.core.runner.RunnerEvent.Detached;
import mayfly.core.runner.RunnerEvent.DrainAsked;
import mayfly.core.runner.RunnerEvent.Emptied;
import mayfly.core.runner.RunnerEvent.Pong;
import mayfly.core.runner.RunnerEvent.Tick;
import mayfly.core.runner.RunnerEvent.Wanted;
import org.junit.jupiter.api.Test;

/** Whatever a runner is told in whatever order, and each invariant shown to fail. */
class RunnerLivesTest {
    private static final RunnerTimes TIMES = new RunnerTimes(10_000, 15_000, 1_600);
    private static final Runners RUNNERS = new Runners(TIMES);
    private static final RunnerProfile PROFILE =
            new RunnerProfile(new RunnerId("run" + "0".repeat(26)), "default", "key", 1, 8);
    private static final Runner UP = new Serving(PROFILE, new Up(3, 0, true));
    private static final Runner AWAY = new Serving(PROFILE, new Away(3, 1_600, 15_000, false));
    private static final Runner DRAINING = new Draining(PROFILE, new Up(3, 0, true), DrainCause.ASKED, 9_000);
    private static final Runner GONE = new Gone(PROFILE, RunnerEnd.SILENT);
    private static final Tick TICK = new Tick(15_000);

    /**
     * What a runner says of itself agrees with what a watcher of sessions and pongs would: offered while it was heard within
     * 10 s, gone once nothing was heard for 15 s, with the ticks that it asks for and none besides.
     */
    @Test
    void aWatcherAgrees() {
        Property.holds(3_000, draw -> {
            Watcher watcher = new Watcher();
            Step<Runner, RunnerEffect> step = RUNNERS.begin(PROFILE, 1, 0);
            watcher.sees(new Attached(1, 1, 8, 0), step);
            long now = 0;
            for (int i = 0; i < 40; i++) {
                long until = now + (draw.chance(70) ? draw.between(0, 2_000) : draw.between(0, 12_000));
                while (watcher.tickAt <= until) {
                    now = watcher.tickAt;
                    watcher.tickAt = Long.MAX_VALUE;
                    step = tell(draw, watcher, step.state(), new Tick(now));
                    watcher.agrees(step.state(), now);
                }
                now = until;
                step = tell(draw, watcher, step.state(), event(draw, watcher.newest, now));
                watcher.agrees(step.state(), now);
            }
        });
    }

    private static Step<Runner, RunnerEffect> tell(
            Property.Draw draw, Watcher watcher, Runner runner, RunnerEvent event) {
        draw.tell(event + " to " + runner);
        Step<Runner, RunnerEffect> step = RUNNERS.step(runner, event);
        assertThat(RUNNERS.step(runner, event)).as("the same again").isEqualTo(step);
        watcher.sees(event, step);
        return step;
    }

    private static RunnerEvent event(Property.Draw draw, long newest, long now) {
        long session = draw.chance(70) ? newest : draw.between(0, (int) newest + 1);
        return switch (draw.between(0, 19)) {
            case 0, 1 -> new Attached(draw.chance(80) ? newest + 1 : session, draw.between(1, 2), 8, now);
            case 2, 3 -> new Detached(session, now);
            case 4 -> draw.chance(30) ? new DrainAsked(DrainCause.ASKED, draw.between(0, 40_000), now) : new Tick(now);
            case 5 -> new Wanted(now);
            case 6 -> new Emptied(now);
            default -> new Pong(session, now);
        };
    }

    /** Believes only what it saw. */
    private static final class Watcher {
        private long tickAt = Long.MAX_VALUE;
        private long newest;
        private boolean open;
        private long heard;
        private long cut;
        private long wantedSince = Long.MAX_VALUE;
        private boolean offered;
        private boolean over;
        private boolean lost;
        private long deadline = Long.MAX_VALUE;

        void sees(RunnerEvent event, Step<Runner, RunnerEffect> step) {
            boolean known = !lost;
            switch (event) {
                case Attached e
                when e.session() > newest -> {
                    newest = e.session();
                    open = true;
                    heard = e.nowMillis();
                    wantedSince = Long.MAX_VALUE;
                }
                case Pong e when open && e.session() == newest -> heard = e.nowMillis();
                case Detached e
                when open && e.session() == newest -> {
                    open = false;
                    cut = e.nowMillis();
                }
                case Wanted e when !open -> wantedSince = Math.min(wantedSince, e.nowMillis());
                case DrainAsked e -> deadline = Math.min(deadline, e.nowMillis() + e.graceMillis());
                case Attached _, Pong _, Detached _, Wanted _, Emptied _, Tick _ -> {}
            }
            assertThat(known || step.effects().isEmpty()).as("gone is final").isTrue();
            step.effects().forEach(this::sees);
        }

        private void sees(RunnerEffect effect) {
            switch (effect) {
                case Offer _ -> offered = true;
                case Withhold _ -> offered = false;
                case Retire _ -> {
                    assertThat(over).as("retired before").isFalse();
                    offered = false;
                    over = true;
                }
                case LoseActors _ -> lost = true;
                case TickAt e -> tickAt = e.atMillis();
                case CloseSocket _, Welcome _, Persist _, RunnerEffect.TellGoingAway _ -> {}
            }
        }

        void agrees(Runner runner, long now) {
            boolean fresh = open && now - heard < TIMES.eligibleMillis();
            assertThat(offered).as("offered").isEqualTo(fresh && !over);
            assertThat(runner.isOffered()).isEqualTo(offered);
            boolean given = !open && wantedSince != Long.MAX_VALUE && now - cut >= TIMES.patienceMillis();
            boolean silent = now - (open ? heard : cut) >= TIMES.lostMillis();
            if (given || silent || now >= deadline) {
                assertThat(lost).as("gone").isTrue();
            }
            assertThat(lost || tickAt != Long.MAX_VALUE)
                    .as("a tick is asked for")
                    .isTrue();
        }
    }

    /** A runner that is up, away, draining or gone does not hear of sessions that it has left. */
    @Test
    void newsOfEarlierSessionsChangesNothing() {
        for (Runner runner : List.of(UP, AWAY, DRAINING, GONE)) {
            for (long session = 0; session < 3; session++) {
                for (RunnerEvent event :
                        List.of(new Attached(session, 9, 9, 500), new Pong(session, 500), new Detached(session, 500))) {
                    assertThat(RUNNERS.step(runner, event)).isEqualTo(Step.stay(runner));
                }
            }
        }
    }

    @Test
    void theInvariantsAreChecked() {
        Step<Runner, RunnerEffect> end = RUNNERS.step(UP, TICK);
        says("R1", GONE, TICK, Step.stay(UP));
        says("R1", GONE, TICK, Step.with(GONE, new Persist()));
        says("R1", DRAINING, TICK, Step.stay(UP));
        says("R1", UP, TICK, without(end, LoseActors.class));
        says("R2", UP, TICK, without(end, Retire.class));
        says("R2", UP, new Detached(3, 5), Step.stay(AWAY));
        says("R2", AWAY, new Attached(4, 1, 8, 5), without(attached(AWAY), Offer.class));
        says("R2", UP, new Attached(4, 1, 8, 5), plus(attached(UP), new Offer(1, 8)));
        says("R3", UP, TICK, without(end, CloseSocket.class));
        says("R3", UP, new Attached(4, 1, 8, 5), without(attached(UP), CloseSocket.class));
        says("R3", UP, new Attached(4, 1, 8, 5), without(attached(UP), Welcome.class));
        says("R3", UP, new Detached(3, 5), new Step<>(AWAY, List.of(new Withhold(), close(3))));
        says("R3", UP, TICK, Step.with(new Serving(PROFILE, new Up(2, 0, true)), close(3)));
    }

    private static Step<Runner, RunnerEffect> attached(Runner runner) {
        return RUNNERS.step(runner, new Attached(4, 1, 8, 5));
    }

    private static CloseSocket close(long session) {
        return new CloseSocket(session, CloseReason.EVICTED);
    }

    private static Step<Runner, RunnerEffect> without(
            Step<Runner, RunnerEffect> step, Class<? extends RunnerEffect> kind) {
        return new Step<>(
                step.state(),
                step.effects().stream().filter(e -> !kind.isInstance(e)).toList());
    }

    private static Step<Runner, RunnerEffect> plus(Step<Runner, RunnerEffect> step, RunnerEffect effect) {
        return new Step<>(
                step.state(),
                java.util.stream.Stream.concat(step.effects().stream(), java.util.stream.Stream.of(effect))
                        .toList());
    }

    private static void says(String invariant, Runner before, RunnerEvent event, Step<Runner, RunnerEffect> step) {
        assertThatThrownBy(() -> RunnerInvariants.hold(before, event, step))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(invariant);
    }
}
