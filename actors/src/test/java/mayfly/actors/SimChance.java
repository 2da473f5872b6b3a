package mayfly.actors;

import mayfly.base.ActorId;
import mayfly.core.actor.ActorEvent;
import mayfly.core.actor.CrashPolicy;

/** What happens in a world of chance while it is busy: callers, users and trouble. */
final class SimChance {
    private final SimWorld world;
    private final SimAgenda agenda;

    SimChance(SimWorld world) {
        this.world = world;
        this.agenda = world.agenda();
    }

    void begin() {
        agenda.in(500, this::act);
    }

    private void act() {
        if (!world.isBusy()) {
            return;
        }
        agenda.in(agenda.between(0, 1_500), this::act);
        if (world.created().isEmpty() || (world.created().size() < 8 && agenda.chance(20))) {
            create();
            return;
        }
        ActorId actor =
                world.created().get(agenda.random.nextInt(world.created().size()));
        int kind = agenda.between(0, 99);
        if (kind < 70) {
            world.request(actor);
        } else if (kind < 74) {
            control(actor, new ActorEvent.SleepAsked(agenda.nowMillis()));
        } else if (kind < 77) {
            control(actor, new ActorEvent.RescheduleAsked(agenda.nowMillis()));
        } else if (kind < 78) {
            control(actor, new ActorEvent.DestroyAsked(agenda.nowMillis()));
        } else if (kind < 79) {
            world.moveEndpoint();
        } else if (!world.processes().isEmpty()) {
            disturb(world.processes()
                    .get(agenda.random.nextInt(world.processes().size())));
        }
    }

    private void create() {
        boolean sleeps = agenda.chance(80);
        world.create(agenda.chance(60) ? CrashPolicy.RESTART : sleeps ? CrashPolicy.SLEEP : CrashPolicy.DESTROY);
    }

    private void control(ActorId actor, ActorEvent event) {
        world.tell(event + " to " + actor);
        world.node().run(() -> world.node().engine().actors().tell(actor, event));
    }

    private void disturb(SimProcess process) {
        int kind = agenda.between(0, 99);
        if (!world.fault(60) || process.isOver()) {
            return;
        }
        world.tell("trouble " + kind + " for " + process);
        if (kind < 30) {
            process.cut();
        } else if (kind < 50) {
            process.stall(agenda.soon(SimWorld.HANG_MILLIS_MAX));
        } else if (kind < 65) {
            process.hang(agenda.soon(SimWorld.HANG_MILLIS_MAX));
        } else if (kind < 80) {
            process.kill(agenda.soon(100));
        } else if (kind < 85) {
            process.kill(1_000_000); // the machine under it is gone: nobody tells the node
        } else if (kind < 92) {
            process.connect(); // beside the socket that it has
        } else if (kind < 96) {
            process.leave();
        } else {
            world.node().die();
        }
    }
}
