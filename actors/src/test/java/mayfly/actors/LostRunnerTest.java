package mayfly.actors;

import static org.assertj.core.api.Assertions.assertThat;

import mayfly.base.ActorId;
import mayfly.core.actor.Actor;
import mayfly.core.actor.CrashPolicy;
import org.junit.jupiter.api.Test;

/** How soon an actor runs elsewhere when its runner is gone, and how long it is waited for when nobody minds. */
class LostRunnerTest {
    private final SimWorld world = SimWorld.ofAStory(SimBugs.NONE, false, 1);

    @Test
    void whoCallsAnActorOfAKilledRunnerIsAnsweredElsewhereWithinTwoSeconds() {
        ActorId actor = running();
        only().kill(5);
        world.pass(10);
        SimRequest request = world.request(actor);
        world.pass(2_000);
        assertThat(generation(actor)).isOne();
        world.pass(3_000); // the answer itself takes up to 3 s
        assertThat(request.isAnswered()).isTrue();
    }

    @Test
    void whoWasBeingAnsweredByAKilledRunnerIsAnsweredElsewhereWithinTwoSeconds() {
        ActorId actor = running();
        only().hang(60_000);
        SimRequest request = world.request(actor);
        world.pass(200);
        only().kill(5);
        world.pass(2_000);
        assertThat(generation(actor)).isOne();
        world.pass(3_500);
        assertThat(request.isAnswered()).isTrue();
    }

    @Test
    void aRunnerThatIsAwayForAWhileKeepsItsActorsIfNobodyCalls() {
        ActorId actor = running();
        SimProcess process = only();
        process.stall(12_000); // its network, as the client sees it, is gone for a while
        process.cut();
        world.pass(14_000);
        assertThat(generation(actor)).isZero();
        assertThat(process.only().generation).isZero();
        SimRequest request = world.request(actor);
        world.pass(4_000);
        assertThat(request.isAnswered()).isTrue();
        assertThat(generation(actor)).isZero();
    }

    @Test
    void aSilentRunnerIsGivenUpAfter15Seconds() {
        ActorId actor = running();
        only().hang(60_000);
        SimRequest request = world.request(actor);
        world.pass(19_500);
        assertThat(generation(actor)).isOne();
        assertThat(request.isAnswered()).isTrue();
    }

    private ActorId running() {
        world.process().connect();
        world.pass(2_000);
        ActorId actor = world.create(CrashPolicy.RESTART);
        world.pass(2_000);
        assertThat(world.state(actor)).isInstanceOf(Actor.Running.class);
        world.process().connect();
        world.pass(2_000);
        return actor;
    }

    private SimProcess only() {
        return world.processes().getFirst();
    }

    private long generation(ActorId actor) {
        return world.state(actor) instanceof Actor.Running running
                ? running.place().generation()
                : -1;
    }
}
