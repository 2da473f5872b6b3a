package mayfly.machine.host;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Puts a frame together: the header's place first, then the fields of the body. */
final class BodyWriter {
    private static final int FIRST_BYTES = 256;

    private ByteBuffer to;

    /** @param expected how many bytes the body will have, about */
    BodyWriter(int expected) {
        to = ByteBuffer.allocate(HostCodec.HEADER_BYTES + FIRST_BYTES + expected);
        to.position(HostCodec.HEADER_BYTES);
    }

    private ByteBuffer room(int bytes) {
        if (to.remaining() < bytes) {
            byte[] larger = Arrays.copyOf(to.array(), Math.addExact(to.position(), bytes) * 2);
            to = ByteBuffer.wrap(larger).position(to.position());
        }
        return to;
    }

    BodyWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    BodyWriter flag(boolean value) {
        return u8(value ? 1 : 0);
    }

    BodyWriter number(long value) {
        room(8).putLong(value);
        return this;
    }

    /** Cut, where a character ends, to so many bytes. */
    BodyWriter cut(String text, int bytesMax) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length;
        if (length > bytesMax) {
            length = bytesMax;
            while (length > 0 && (bytes[length] & 0xc0) == 0x80) {
                length--;
            }
        }
        room(4 + length).putInt(length).put(bytes, 0, length);
        return this;
    }

    /** @throws IllegalArgumentException it is longer: this cannot be said */
    BodyWriter text(String text, int bytesMax, String name) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > bytesMax) {
            throw new IllegalArgumentException(
                    name + " has " + bytes.length + " bytes, at most " + bytesMax + " are allowed");
        }
        room(4 + bytes.length).putInt(bytes.length).put(bytes);
        return this;
    }

    BodyWriter rest(byte[] bytes) {
        room(bytes.length).put(bytes);
        return this;
    }

    /** The whole frame. */
    ByteBuffer frame(int type, long call) {
        int body = to.position() - HostCodec.HEADER_BYTES;
        if (body > HostCodec.BODY_BYTES_MAX) {
            throw new IllegalArgumentException("a message of " + body + " bytes is too large to send");
        }
        to.putInt(0, body)
                .put(4, (byte) HostCodec.VERSION)
                .put(5, (byte) type)
                .putShort(6, (short) 0)
                .putLong(8, call);
        return to.flip();
    }
}
