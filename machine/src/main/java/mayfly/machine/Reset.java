package mayfly.machine;

/**
 * A machine was put back to its template's exact state.
 *
 * @param nanos how long that took
 * @param pages of 4 KiB that were put back: all that the machine may have changed
 */
public record Reset(long nanos, int pages) {}
