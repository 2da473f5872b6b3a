package mayfly.node;

import mayfly.base.Limits;
import mayfly.core.invocation.InvocationEvent.Hindrance;
import mayfly.core.pool.Refusal;

/** Why a pool gave no machine, in words for the caller. Pure. */
final class Refusals {
    private Refusals() {}

    record Reason(Hindrance hindrance, String text) {}

    static Reason of(Deployed function, Refusal refusal) {
        String name = "function '" + function.spec().name() + "'";
        return switch (refusal) {
            case Refusal.QueueFull _ ->
                new Reason(
                        Hindrance.THROTTLED,
                        Limits.POOL_WAITING_MAX + " calls of " + name + " wait for a machine already; try again later");
            case Refusal.DeadlinePassed _ ->
                new Reason(
                        Hindrance.NO_CAPACITY,
                        "no machine of " + name + " came free in time; its "
                                + function.spec().maxMachines() + " machines are busy (max_machines)");
            case Refusal.Cancelled _, Refusal.Draining _ ->
                new Reason(Hindrance.DRAINING, "the node is stopping, or " + name + " is being replaced; try again");
            case Refusal.NoCapacity(var reason) ->
                new Reason(Hindrance.NO_CAPACITY, "no machine for " + name + ": " + reason);
            case Refusal.CreateFailed(var reason) ->
                new Reason(Hindrance.INIT_FAILED, "the code of " + name + " does not load: " + reason);
        };
    }
}
