package mayfly.core.pool;

/**
 * What a pool can be told. {@code boot} and {@code round} repeat what the effect carried that the event answers, so
 * that late answers are recognised; every effect that asks for an answer gets exactly one from the shell.
 */
public sealed interface PoolEvent {
    /** When the shell made the event, in nanoseconds of a monotonic clock. */
    long nowNanos();

    /** A caller wants a machine before the deadline. */
    record Acquire(Ticket ticket, long deadlineNanos, long nowNanos) implements PoolEvent {}

    /** The caller went away; one that holds a machine already still has to release it. */
    record Cancel(Ticket ticket, long nowNanos) implements PoolEvent {}

    /**
     * The caller is done with its machine.
     *
     * @param healthy false when the machine crashed, was killed or broke the protocol
     */
    record Release(MachineNumber machine, Ticket ticket, boolean healthy, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.Create}. */
    record Created(MachineNumber machine, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.Create}: there is nothing to close. */
    record CreateFailed(MachineNumber machine, Fault fault, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.Reset}. */
    record ResetDone(MachineNumber machine, int round, boolean ok, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.Check}. */
    record HealthResult(MachineNumber machine, int round, boolean ok, long nowNanos) implements PoolEvent {}

    /** The machine was seen dead; the pool closes it, unless a caller still holds it. */
    record MachineLost(MachineNumber machine, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.Close}: nothing of the machine is left. */
    record Closed(MachineNumber machine, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.BootTemplate}. */
    record TemplateReady(long boot, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.BootTemplate}: there is nothing to close. */
    record TemplateFailed(long boot, Fault fault, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.CheckTemplate}. */
    record TemplateHealth(long boot, int round, boolean ok, long nowNanos) implements PoolEvent {}

    /** The template was seen dead, and its machines with it. */
    record TemplateLost(long boot, long nowNanos) implements PoolEvent {}

    /** Answers {@link PoolEffect.CloseTemplate}. */
    record TemplateClosed(long boot, long nowNanos) implements PoolEvent {}

    /** Boot the template now, though nobody waits and though it failed a moment ago: a deployment tries its code. */
    record WarmUp(long nowNanos) implements PoolEvent {}

    /** Time passed. Early, late and repeated ticks do no harm; a first one starts minWarm machines. */
    record Tick(long nowNanos) implements PoolEvent {}

    /** The pool is to be different from now on; machines over the new limits go as they come free. */
    record Configure(PoolSpec spec, long nowNanos) implements PoolEvent {}

    /** No more calls: refuse those that wait, let the running ones end, close everything. */
    record Drain(long nowNanos) implements PoolEvent {}
}
