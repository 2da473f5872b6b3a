package mayfly.core.pool;

/** Why a template or a machine could not be made. */
public sealed interface Fault {
    /** For people; goes into refusals. */
    String reason();

    /** The host refused a process, memory or a descriptor: callers wait while the pool tries again a few times. */
    record Host(String reason) implements Fault {}

    /** The user's code cannot be loaded: waiting is pointless, callers are refused at once. */
    record Code(String reason) implements Fault {}
}
