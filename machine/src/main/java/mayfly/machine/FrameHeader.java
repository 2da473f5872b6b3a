package mayfly.machine;

import java.nio.ByteBuffer;
import mayfly.base.Limits;

/** The eight bytes before a body: checked here and nowhere else. */
sealed interface FrameHeader {
    /** @param bytesLength length of what follows the meta */
    record Good(FrameType type, int metaLength, int bytesLength) implements FrameHeader {}

    record Bad(String reason) implements FrameHeader {}

    /** Takes eight bytes from the buffer, whatever they are. */
    static FrameHeader take(ByteBuffer from) {
        int body = from.getInt();
        int version = from.get() & 0xff;
        int code = from.get() & 0xff;
        int meta = from.getShort() & 0xffff;
        FrameType type = FrameType.ofCode(code);
        if (version != Frame.VERSION) {
            return new Bad("frame version " + version + ", expected " + Frame.VERSION);
        }
        if (type == null) {
            return new Bad("unknown frame type " + code);
        }
        if (body < 0 || body > Limits.FRAME_BODY_BYTES_MAX) {
            return new Bad("frame body of " + Integer.toUnsignedLong(body) + " bytes, at most "
                    + Limits.FRAME_BODY_BYTES_MAX + " allowed");
        }
        if (meta > body) {
            return new Bad("frame meta of " + meta + " bytes in a body of " + body);
        }
        return new Good(type, meta, body - meta);
    }

    /** Puts the header of a frame with these lengths. */
    static void put(ByteBuffer to, FrameType type, int metaLength, int bytesLength) {
        if (metaLength > Limits.FRAME_META_BYTES_MAX || (long) metaLength + bytesLength > Limits.FRAME_BODY_BYTES_MAX) {
            throw new AssertionError("frame too large to send: meta " + metaLength + ", bytes " + bytesLength);
        }
        to.putInt(metaLength + bytesLength);
        to.put((byte) Frame.VERSION);
        to.put((byte) type.code());
        to.putShort((short) metaLength);
    }
}
