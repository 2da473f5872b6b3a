package mayfly.core.pool;

import static mayfly.core.pool.Scene.machine;
import static mayfly.core.pool.Scene.ticket;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mayfly.core.pool.PoolEffect.BootTemplate;
import mayfly.core.pool.PoolEffect.Check;
import mayfly.core.pool.PoolEffect.CheckTemplate;
import mayfly.core.pool.PoolEffect.Close;
import mayfly.core.pool.PoolEffect.CloseTemplate;
import mayfly.core.pool.PoolEffect.Create;
import mayfly.core.pool.PoolEffect.Drained;
import mayfly.core.pool.PoolEffect.Grant;
import mayfly.core.pool.PoolEffect.Refuse;
import mayfly.core.pool.PoolEffect.Reset;
import mayfly.core.pool.PoolEffect.Start;
import mayfly.core.pool.PoolSpec.Reuse;
import org.junit.jupiter.api.Test;

/** What a pool does by itself: resets, checks, ages, scale to zero, back-off, drain. */
class PoolCareTest {
    private static final Fault HOST = new Fault.Host("fork: EAGAIN");
    private static final Fault CODE = new Fault.Code("SyntaxError: line 3");

    @Test
    void aResettableMachineIsResetAndThenServesAsFresh() {
        Scene scene = oneBusy(spec(Reuse.FRESH, 0, 1_000, true));
        scene.on(scene.acquire(2));
        scene.on(scene.release(1, 1), new Reset(machine(1), 1));
        scene.ignores(resetDone(scene, 9, true));
        scene.on(resetDone(scene, 1, true), new Grant(ticket(2), machine(1), Start.FORKED));
    }

    @Test
    void aMachineThatCannotBeResetIsClosed() {
        Scene scene = oneBusy(spec(Reuse.FRESH, 0, 1_000, true));
        scene.on(scene.release(1, 1), new Reset(machine(1), 1));
        scene.on(resetDone(scene, 1, false), new Close(machine(1)));
    }

    @Test
    void aMachineGoesWhenItsUsesAreUp() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 2, false));
        scene.on(scene.release(1, 1));
        scene.on(scene.acquire(2), new Grant(ticket(2), machine(1), Start.WARM));
        scene.on(scene.release(1, 2), new Close(machine(1)));
    }

    @Test
    void aMachineUnderCheckWhenItsLimitIsLoweredGoesAfterTheCheck() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(scene.release(1, 1));
        scene.at(10_001).on(scene.tick(), new Check(machine(1), 1), new CheckTemplate(1, 1));
        scene.on(new PoolEvent.Configure(spec(Reuse.WARM, 0, 1, false), scene.now()));
        scene.on(health(scene, 1, true), new Close(machine(1)));
    }

    @Test
    void aSilentMachineIsClosedAndTheMinimumRestored() {
        Scene scene = oneBusy(spec(Reuse.WARM, 1, 1_000, false));
        scene.on(scene.release(1, 1));
        scene.at(10_001).on(scene.tick(), new Check(machine(1), 1), new CheckTemplate(1, 1));
        scene.on(health(scene, 1, false), new Close(machine(1)), new Create(machine(2), 1));
        scene.ignores(health(scene, 1, true));
    }

    @Test
    void anOldMachineIsReplaced() {
        Scene scene = oneBusy(spec(Reuse.WARM, 1, 1_000, false));
        scene.on(scene.release(1, 1));
        scene.at(600_001).on(scene.tick(), new Close(machine(1)), new CheckTemplate(1, 1), new Create(machine(2), 1));
    }

    @Test
    void anIdlePoolScalesToZeroAndTheNextCallIsCold() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(scene.release(1, 1));
        scene.at(60_001).on(scene.tick(), new Close(machine(1)), new CheckTemplate(1, 1));
        scene.on(scene.closed(1));
        scene.on(scene.tick(), new CloseTemplate(1));
        scene.on(scene.acquire(2));
        scene.on(new PoolEvent.TemplateClosed(1, scene.now()), new BootTemplate(2));
        scene.at(60_050).on(scene.templateReady(2), new Create(machine(2), 2));
        scene.on(scene.created(2), new Grant(ticket(2), machine(2), Start.COLD));
    }

    @Test
    void codeThatCannotBeLoadedRefusesEveryCallUntilTheBackOffIsOver() {
        Scene scene = new Scene(spec(Reuse.FRESH, 0, 1_000, false));
        scene.on(scene.acquire(1), new BootTemplate(1));
        Refusal refusal = new Refusal.CreateFailed(CODE.reason());
        scene.on(new PoolEvent.TemplateFailed(1, CODE, scene.now()), new Refuse(ticket(1), refusal));
        scene.at(50).on(scene.acquire(2), new Refuse(ticket(2), refusal));
        scene.at(101).on(scene.acquire(3), new BootTemplate(2));
    }

    @Test
    void aHostThatRefusesIsAskedAgainAFewTimesBeforeCallersAreRefused() {
        Scene scene = new Scene(spec(Reuse.FRESH, 0, 1_000, false));
        scene.on(scene.acquire(1), new BootTemplate(1));
        scene.on(new PoolEvent.TemplateFailed(1, HOST, scene.now()));
        scene.at(101).on(scene.tick(), new BootTemplate(2));
        scene.on(new PoolEvent.TemplateFailed(2, HOST, scene.now()));
        scene.at(400).on(scene.tick(), new BootTemplate(3));
        scene.on(
                new PoolEvent.TemplateFailed(3, HOST, scene.now()),
                new Refuse(ticket(1), new Refusal.NoCapacity(HOST.reason())));
    }

    @Test
    void manyFailuresAtOnceCountOnceAndOneMachineTriesForAll() {
        Scene scene = ready(spec(Reuse.WARM, 0, 1_000, false, 4));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.acquire(2), new Create(machine(2), 1));
        scene.on(new PoolEvent.CreateFailed(machine(1), HOST, scene.now()), new CheckTemplate(1, 1));
        scene.on(new PoolEvent.CreateFailed(machine(2), HOST, scene.now()));
        assertThat(((Pool.Open) scene.pool()).supply())
                .isEqualTo(new Supply.Troubled(1, HOST, scene.now() + Scene.millis(100)));
        scene.at(200).on(scene.tick(), new Create(machine(3), 1));
        scene.on(scene.created(3), new Grant(ticket(1), machine(3), Start.FORKED), new Create(machine(4), 1));
    }

    @Test
    void aDeadTemplateIsReplacedWhenItsLastCallerIsDone() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false, 4));
        scene.on(new PoolEvent.TemplateLost(1, scene.now()));
        scene.ignores(new PoolEvent.TemplateLost(1, scene.now()));
        scene.on(scene.acquire(2));
        scene.at(200).on(scene.release(1, 1), new Close(machine(1)));
        scene.on(scene.closed(1), new CloseTemplate(1));
        scene.on(new PoolEvent.TemplateClosed(1, scene.now()), new BootTemplate(2));
    }

    @Test
    void aForkThatFailsShowsAtOnceThatTheTemplateIsDead() {
        Scene scene = ready(spec(Reuse.FRESH, 0, 1_000, false));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(new PoolEvent.CreateFailed(machine(1), HOST, scene.now()), new CheckTemplate(1, 1));
        scene.on(new PoolEvent.TemplateHealth(1, 1, false, scene.now()), new CloseTemplate(1));
        scene.on(new PoolEvent.TemplateClosed(1, scene.now()));
        scene.at(102).on(scene.tick(), new BootTemplate(2));
    }

    @Test
    void aMachineThatDiedUnderItsCallerIsClosedOnlyAtRelease() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(new PoolEvent.MachineLost(machine(1), scene.now()));
        scene.ignores(new PoolEvent.MachineLost(machine(1), scene.now()));
        scene.on(scene.release(1, 1), new Close(machine(1)));
    }

    @Test
    void aCallerLeftWaitingIsTold() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(scene.acquire(2));
        scene.on(scene.acquire(3));
        scene.on(new PoolEvent.Cancel(ticket(2), scene.now()), new Refuse(ticket(2), new Refusal.Cancelled()));
        scene.ignores(new PoolEvent.Cancel(ticket(1), scene.now()));
        scene.at(5_001).on(scene.tick(), new Refuse(ticket(3), new Refusal.DeadlinePassed()));
    }

    @Test
    void aDrainWaitsForTheRunningCallAndLeavesNothing() {
        Scene scene = oneBusy(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(scene.acquire(2));
        scene.on(new PoolEvent.Drain(scene.now()), new Refuse(ticket(2), new Refusal.Draining()));
        scene.on(scene.acquire(3), new Refuse(ticket(3), new Refusal.Draining()));
        scene.on(scene.release(1, 1), new Close(machine(1)));
        scene.ignores(scene.release(1, 1));
        scene.on(scene.closed(1), new CloseTemplate(1));
        scene.on(new PoolEvent.TemplateClosed(1, scene.now()), new Drained());
        scene.on(scene.acquire(4), new Refuse(ticket(4), new Refusal.Draining()));
        scene.ignores(scene.tick());
    }

    @Test
    void aDrainWaitsForWhatIsBeingMade() {
        Scene scene = new Scene(spec(Reuse.WARM, 0, 1_000, false));
        scene.on(scene.acquire(1), new BootTemplate(1));
        scene.on(new PoolEvent.Drain(scene.now()), new Refuse(ticket(1), new Refusal.Draining()));
        scene.on(scene.templateReady(1), new CloseTemplate(1));
        scene.on(new PoolEvent.TemplateClosed(1, scene.now()), new Drained());
    }

    private static PoolEvent resetDone(Scene scene, int round, boolean ok) {
        return new PoolEvent.ResetDone(machine(1), round, ok, scene.now());
    }

    private static PoolEvent health(Scene scene, int round, boolean ok) {
        return new PoolEvent.HealthResult(machine(1), round, ok, scene.now());
    }

    private static PoolSpec spec(Reuse reuse, int minWarm, int useLimit, boolean resettable) {
        return spec(reuse, minWarm, useLimit, resettable, minWarm + 1);
    }

    private static PoolSpec spec(Reuse reuse, int minWarm, int useLimit, boolean resettable, int maxMachines) {
        return new PoolSpec(
                reuse,
                minWarm,
                maxMachines,
                4,
                useLimit,
                Duration.ofMinutes(10),
                Duration.ofMinutes(1),
                Duration.ofSeconds(10),
                resettable);
    }

    private static Scene ready(PoolSpec spec) {
        Scene scene = new Scene(spec);
        scene.on(new PoolEvent.WarmUp(0), new BootTemplate(1));
        scene.orders(scene.templateReady(1));
        return scene.at(1);
    }

    private static Scene oneBusy(PoolSpec spec) {
        Scene scene = ready(spec);
        scene.orders(scene.acquire(1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        return scene;
    }
}
