package mayfly.core.pool;

/**
 * What a pool asks its shell to do. Answers to callers come first in a step, so running the effects in order never
 * makes a caller wait for the making or closing of some other machine; the slow ones (Create, Reset, Close, Check and
 * the template's) belong on threads of their own.
 */
public sealed interface PoolEffect {
    /** The ticket's caller owns the machine until it sends {@link PoolEvent.Release}. */
    record Grant(Ticket ticket, MachineNumber machine, Start start) implements PoolEffect {}

    /** The ticket's caller gets no machine. */
    record Refuse(Ticket ticket, Refusal refusal) implements PoolEffect {}

    /** Fork a machine from the template; answer Created or CreateFailed. */
    record Create(MachineNumber machine, long boot) implements PoolEffect {}

    /** Reset the machine; answer ResetDone. */
    record Reset(MachineNumber machine, int round) implements PoolEffect {}

    /** Close the machine, which was created, even while it is being checked or reset; answer Closed. */
    record Close(MachineNumber machine) implements PoolEffect {}

    /** Ping the machine, with a time limit; answer HealthResult. */
    record Check(MachineNumber machine, int round) implements PoolEffect {}

    /** Boot a template; answer TemplateReady or TemplateFailed. */
    record BootTemplate(long boot) implements PoolEffect {}

    /** Ping the template, with a time limit; answer TemplateHealth. */
    record CheckTemplate(long boot, int round) implements PoolEffect {}

    /** Close the template, of which no machine is left; answer TemplateClosed. */
    record CloseTemplate(long boot) implements PoolEffect {}

    /** Send a Tick at this time; replaces the tick asked for before. */
    record ScheduleTick(long atNanos) implements PoolEffect {}

    /** Nothing of the pool is left: it can be forgotten. The last effect of a pool. */
    record Drained() implements PoolEffect {}

    /** What a caller's machine had behind it when the caller got it. */
    enum Start {
        /** It has served before and kept its state. */
        WARM,
        /** In its template's state: forked before or for this call, or reset. */
        FORKED,
        /** The call waited for the template to boot. */
        COLD
    }
}
