package mayfly.machine;

/**
 * One message on the work channel. On the wire: {@code u32 body length | u8 version = 1 | u8 type | u16 meta length},
 * big-endian, then the body, which is the meta and the bytes after it.
 *
 * @param meta a JSON object in UTF-8, at most Limits.FRAME_META_BYTES_MAX; no bytes at all when there is nothing to say
 * @param bytes payload, output or log text; meta and bytes together at most Limits.FRAME_BODY_BYTES_MAX
 */
public record Frame(FrameType type, byte[] meta, byte[] bytes) {
    static final int HEADER_BYTES = 8;
    static final int VERSION = 1;
    static final byte[] NOTHING = {};

    /** The message that asks for a sign of life, and the answer to it. */
    public static final Frame PING = new Frame(FrameType.PING, NOTHING, NOTHING);
}
