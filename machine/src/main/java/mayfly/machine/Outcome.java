package mayfly.machine;

/** How a unit of work ended. */
public sealed interface Outcome {
    /**
     * The handler returned.
     *
     * @param json whether {@code output} is JSON (a handler that returned bytes gives bytes)
     * @param execMicros time inside the machine, as the agent measured it; 0 when unknown
     */
    record Success(byte[] output, boolean json, long execMicros) implements Outcome {}

    /** The handler raised; the machine itself is well. */
    record HandlerError(GuestError error, long execMicros) implements Outcome {}

    /** The time limit passed; the machine was killed. */
    record TimedOut() implements Outcome {}

    /** The machine died or broke the protocol: exit, signal, memory limit, garbage on the channel. */
    record Crashed(String reason) implements Outcome {}

    /**
     * The machine could not be made or was gone before the work reached it: nothing ran, another machine may take
     * the work.
     */
    record NotStarted(String reason) implements Outcome {}
}
