package mayfly.machine;

/** What an agent's RESPONSE frame says. */
public sealed interface AgentAnswer {
    /** The code is loaded. */
    record Ready() implements AgentAnswer {}

    /** @param micros time in the handler, as the agent measured it */
    record Ok(boolean json, long micros) implements AgentAnswer {}

    /** Loading or running the code raised. */
    record Failed(GuestError error, long micros) implements AgentAnswer {}

    /**
     * The process ended and had not answered; said by whoever reaped it.
     *
     * @param code -1 when a signal ended it
     * @param signal 0 when it exited by itself
     * @param message what else is known; may be empty
     */
    record Exited(int code, int signal, String message) implements AgentAnswer {}

    /** The machine could not be made; nothing ran. */
    record Refused(String message) implements AgentAnswer {}

    /** No answer that this version understands. */
    record Malformed(String reason) implements AgentAnswer {}
}
