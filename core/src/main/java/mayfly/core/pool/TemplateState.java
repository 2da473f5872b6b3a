package mayfly.core.pool;

/** The template that a pool's machines are forked from. */
public sealed interface TemplateState {
    /** Never booted, scaled to zero, or failed. */
    record Absent() implements TemplateState {}

    record Booting(long boot) implements TemplateState {}

    /**
     * Machines can be forked from it.
     *
     * @param sinceNanos calls older than this one waited for the boot
     * @param checkedNanos when it last proved to be well
     * @param round names the check under way or the last one
     */
    record Ready(long boot, long sinceNanos, long checkedNanos, int round, boolean checking) implements TemplateState {
        Ready well(long now) {
            return new Ready(boot, sinceNanos, now, round, checking);
        }
    }

    /** Sick or dead: no more forks; closed as soon as no machine of it is left, so that no caller loses a machine. */
    record Retiring(long boot) implements TemplateState {}

    record Closing(long boot) implements TemplateState {}
}
