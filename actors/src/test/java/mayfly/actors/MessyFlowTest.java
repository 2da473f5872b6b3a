package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import mayfly.actors.Machinery.Deciders;
import mayfly.base.ActorId;
import mayfly.core.Step;
import mayfly.core.actor.Actor;
import mayfly.core.actor.Actor.Reason;
import mayfly.core.actor.ActorEffect;
import mayfly.core.actor.ActorEvent;
import mayfly.core.actor.CrashPolicy;
import mayfly.core.runnerpool.RunnerPool;
import org.junit.jupiter.api.Test;

/** The flow of an actor with all that is messy about it, step by step, in the real shells on simulated time. */
class MessyFlowTest {
    private record Told(Actor before, ActorEvent event, Step<Actor, ActorEffect> step) {}

    private final List<Told> told = new ArrayList<>();
    private final SimWorld world = SimWorld.ofAStory(new Watcher(), true, 1);

    /** Changes nothing, and remembers what actors were told. */
    private final class Watcher implements SimBugs {
        @Override
        public Deciders deciders(SimNode node) {
            Deciders real = real(node);
            return new Deciders(
                    (actor, event) -> {
                        Step<Actor, ActorEffect> step = real.actor().apply(actor, event);
                        told.add(new Told(actor, event, step));
                        return step;
                    },
                    real.runner(),
                    real.pool());
        }
    }

    @Test
    void aRequestThatMeetsSleepAndTheEndOfARunnerIsAnswered() {
        // with no runner the actor waits, and its demand makes one appear
        ActorId actor = world.create(CrashPolicy.RESTART);
        world.pass(4);
        assertThat(pool().waiting()).isOne();
        assertThat(pool().desired()).isOne();
        world.pass(1_500);
        assertThat(world.processes()).hasSize(1);
        SimProcess first = world.processes().getFirst();
        assertThat(world.state(actor)).isInstanceOf(Actor.Running.class);
        assertThat(first.only().generation).isZero();

        // it wants to sleep, and is told to stop; that it says so again changes nothing
        first.wantsSleep();
        world.pass(500);
        assertThat(world.state(actor)).isInstanceOf(Actor.Stopping.class);
        first.wantsSleep();
        world.pass(500);
        assertThat(sent(ActorEffect.SendStop.class)).isOne();

        // a request finds it marked sleeping and not yet stopped: the wake waits until it has stopped
        SimRequest early = world.request(actor);
        world.pass(500);
        assertThat(world.state(actor)).matches(state -> state instanceof Actor.Stopping it && it.wake());
        assertThat(early.isWaiting()).isTrue();

        // it stops: the next generation is allocated at once, and the request, which hears Stopped, wakes it once more
        // for nothing
        told.clear();
        first.stops();
        world.pass(3_000);
        assertThat(first.only().generation).isOne();
        assertThat(sent(ActorEffect.Ask.class)).isOne();
        assertThat(sent(ActorEffect.TellStopped.class)).isOne();
        assertThat(told.stream().filter(it -> it.event() instanceof ActorEvent.Wake))
                .hasSize(1)
                .allMatch(it -> it.step().equals(Step.stay(it.before())));
        world.pass(3_000);
        assertThat(early.isAnswered()).isTrue();

        // 10 s before the end of the connection's life its runner is retired first, and a second one is made
        told.clear();
        world.pass(43_000);
        assertThat(world.state(actor))
                .matches(state -> state instanceof Actor.Stopping it && it.reason() == Reason.MOVE);
        world.pass(1_000);
        assertThat(world.processes()).hasSize(2);
        SimProcess second = world.processes().getLast();
        assertThat(second.live).isEmpty();
        assertThat(first.isOver()).isFalse();

        // a request meanwhile is held; the actor does not stop, so the grace ends with the eviction of its runner
        SimRequest late = world.request(actor);
        world.pass(2_000);
        assertThat(late.isWaiting()).isTrue();
        world.pass(8_000);
        assertThat(first.isOver()).isTrue();
        assertThat(told.stream().filter(it -> it.event() instanceof ActorEvent.Lost))
                .hasSize(1);

        // the lost actor gave its slot back and everybody heard; it runs on the second runner, and answers
        world.pass(4_000);
        assertThat(world.state(actor)).isInstanceOf(Actor.Running.class);
        assertThat(second.only().generation).isEqualTo(2);
        assertThat(late.isAnswered()).isTrue();
        assertThat(pool().demand()).isOne();
        assertThat(pool().connections()).isOne();
        world.referee().judgeInstances();
    }

    private RunnerPool pool() {
        return world.node().pools.values().stream()
                .filter(it -> it.demand() > 0)
                .findFirst()
                .orElseThrow();
    }

    private long sent(Class<? extends ActorEffect> kind) {
        return told.stream()
                .flatMap(it -> it.step().effects().stream())
                .filter(kind::isInstance)
                .count();
    }
}
