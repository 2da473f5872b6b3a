package mayfly.machine;

/** What reading a channel gave. */
public sealed interface FrameRead {
    /** A complete message. */
    record Whole(Frame frame) implements FrameRead {}

    /** @param insideFrame whether the other side stopped in the middle of a message */
    record Ended(boolean insideFrame) implements FrameRead {}

    /** The bytes are no message. Where the next one would begin is unknown, so every later read says the same. */
    record Malformed(String reason) implements FrameRead {}
}
