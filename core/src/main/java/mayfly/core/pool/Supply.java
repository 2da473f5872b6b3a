package mayfly.core.pool;

/** Whether machines and templates can be made at present. */
public sealed interface Supply {
    /** Nothing failed since a machine last proved to be well. */
    record Sound() implements Supply {}

    /**
     * Making one failed, or a template died.
     *
     * @param failures in a row, from 1; failures inside one back-off count once
     * @param retryAtNanos nothing is made before
     */
    record Troubled(int failures, Fault fault, long retryAtNanos) implements Supply {}
}
