package mayfly.machine;

/** Receives captured output, in order, on the thread that runs exec. */
@FunctionalInterface
public interface LogSink {
    /**
     * @param stream 1 for standard output, 2 for standard error
     * @param bytes UTF-8 as a rule, but anything the handler wrote
     */
    void log(int stream, byte[] bytes);

    /** Drops everything. */
    LogSink NONE = (_, _) -> {};
}
