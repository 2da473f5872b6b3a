package mayfly.core.pool;

import static mayfly.core.pool.Scene.machine;
import static mayfly.core.pool.Scene.spec;
import static mayfly.core.pool.Scene.ticket;

import mayfly.core.pool.PoolEffect.BootTemplate;
import mayfly.core.pool.PoolEffect.Close;
import mayfly.core.pool.PoolEffect.Create;
import mayfly.core.pool.PoolEffect.Grant;
import mayfly.core.pool.PoolEffect.Refuse;
import mayfly.core.pool.PoolEffect.Start;
import mayfly.core.pool.PoolSpec.Reuse;
import org.junit.jupiter.api.Test;

/** Callers and machines: who gets which, and what follows. */
class PoolStepTest {
    @Test
    void theFirstCallBootsTheTemplateAndIsCold() {
        Scene scene = new Scene(spec(Reuse.FRESH, 0, 4));
        scene.on(scene.acquire(1), new BootTemplate(1));
        scene.at(50).on(scene.templateReady(1), new Create(machine(1), 1));
        scene.at(51).on(scene.created(1), new Grant(ticket(1), machine(1), Start.COLD));
    }

    @Test
    void aFreshMachineServesOnceAndIsClosed() {
        Scene scene = ready(spec(Reuse.FRESH, 0, 4));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        scene.on(scene.release(1, 1), new Close(machine(1)));
        scene.on(scene.acquire(2), new Create(machine(2), 1));
    }

    @Test
    void aPreparedMachineIsGrantedBeforeItsReplacementIsMade() {
        Scene scene = ready(spec(Reuse.FRESH, 1, 4));
        scene.on(scene.created(1));
        scene.on(scene.acquire(1), new Grant(ticket(1), machine(1), Start.FORKED), new Create(machine(2), 1));
    }

    @Test
    void aWarmMachineServesManyCallsAndSaysSo() {
        Scene scene = ready(spec(Reuse.WARM, 0, 4));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        scene.on(scene.release(1, 1));
        scene.on(scene.acquire(2), new Grant(ticket(2), machine(1), Start.WARM));
    }

    @Test
    void aRepeatedReleaseDoesNotTakeTheMachineFromItsNextCaller() {
        Scene scene = ready(spec(Reuse.WARM, 0, 1));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        scene.on(scene.release(1, 1));
        scene.on(scene.acquire(2), new Grant(ticket(2), machine(1), Start.WARM));
        scene.ignores(scene.release(1, 1));
        scene.on(scene.acquire(3));
    }

    @Test
    void atTheLimitCallersWaitInOrderAndTheNextIsRefused() {
        Scene scene = ready(spec(Reuse.WARM, 0, 1));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        for (int number = 2; number <= 5; number++) {
            scene.on(scene.acquire(number));
        }
        scene.on(scene.acquire(6), new Refuse(ticket(6), new Refusal.QueueFull()));
        scene.on(scene.release(1, 1), new Grant(ticket(2), machine(1), Start.WARM));
        scene.on(scene.release(1, 2), new Grant(ticket(3), machine(1), Start.WARM));
    }

    @Test
    void aCrashedMachineIsClosedAndTheNextCallerGetsANewOne() {
        Scene scene = ready(spec(Reuse.WARM, 0, 1));
        scene.on(scene.acquire(1), new Create(machine(1), 1));
        scene.on(scene.created(1), new Grant(ticket(1), machine(1), Start.FORKED));
        scene.on(scene.acquire(2));
        scene.on(scene.crash(1, 1), new Close(machine(1)));
        scene.on(scene.closed(1), new Create(machine(2), 1));
        scene.on(scene.created(2), new Grant(ticket(2), machine(2), Start.FORKED));
    }

    private static Scene ready(PoolSpec spec) {
        Scene scene = new Scene(spec);
        scene.on(new PoolEvent.WarmUp(0), new BootTemplate(1));
        scene.orders(scene.templateReady(1));
        return scene.at(1);
    }
}
