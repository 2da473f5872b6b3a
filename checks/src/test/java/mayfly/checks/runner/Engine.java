package mayfly.checks.runner;

/** A program that runs actors by the runner protocol. */
interface Engine extends AutoCloseable {
    /** Where clients and runners find it, without a slash at the end. */
    String endpoint();

    /** Breaks every connection that it has now, and lives on or comes back with its data, at the same place. */
    void interrupt() throws Exception;

    @Override
    void close();
}
