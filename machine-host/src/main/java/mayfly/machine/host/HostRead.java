package mayfly.machine.host;

/** What came of bytes from the other side. */
sealed interface HostRead {
    record Whole(HostFrame frame) implements HostRead {}

    /** The other side is gone. */
    record Ended() implements HostRead {}

    /** The other side does not speak the protocol; nothing more is read from it. */
    record Malformed(String reason) implements HostRead {}
}
