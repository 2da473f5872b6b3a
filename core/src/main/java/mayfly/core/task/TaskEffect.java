package mayfly.core.task;

/** What a task asks its shell to do, in order. */
public sealed interface TaskEffect {
    /** Write the state into the record. The 201 of a new task leaves after that is durable; Spawn need not wait. */
    record Persist() implements TaskEffect {}

    /**
     * Start the command under a monitor; answer Observed or SpawnFailed. Starting it twice is harmless: what was
     * started is not started again, and the answer tells how it is.
     */
    record Spawn() implements TaskEffect {}

    /** Look at the command; answer Observed. */
    record Look() implements TaskEffect {}

    /** Send the signal to the command's main process. */
    record Signal(int signal) implements TaskEffect {}

    /** Tell those who follow the task that it changed. */
    record Announce() implements TaskEffect {}
}
