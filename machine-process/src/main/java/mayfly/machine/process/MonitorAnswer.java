package mayfly.machine.process;

/** What came of a request to a monitor or to the spawner. */
sealed interface MonitorAnswer {
    /** It did what was asked, and says how its command is now. */
    record Told(MonitorStatus status) implements MonitorAnswer {}

    /**
     * It did not do it.
     *
     * @param stage which part refused, by PROTOCOL.md sections 3 and 6
     */
    record Refused(int errno, String stage, String error) implements MonitorAnswer {}

    /** Nobody listens, or whoever did was gone before it answered. */
    record Gone() implements MonitorAnswer {}

    /** The deadline passed. */
    record Silent() implements MonitorAnswer {}
}
