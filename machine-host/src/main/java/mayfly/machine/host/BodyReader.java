package mayfly.machine.host;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Takes fields from a body that may be anything. */
final class BodyReader {
    /** The bytes are no body of their kind. Never leaves {@link HostCodec}. */
    static final class Bad extends RuntimeException {
        private static final long serialVersionUID = 1;

        Bad(String reason) {
            super(reason, null, false, false);
        }
    }

    private final ByteBuffer from;

    BodyReader(byte[] body) {
        from = ByteBuffer.wrap(body);
    }

    private void need(int bytes) {
        if (bytes < 0 || from.remaining() < bytes) {
            throw new Bad("it is cut short");
        }
    }

    int u8() {
        need(1);
        return from.get() & 0xff;
    }

    boolean flag() {
        int value = u8();
        if (value > 1) {
            throw new Bad("a flag is " + value);
        }
        return value == 1;
    }

    /** At least 0 and at most {@code max}. */
    long number(long max, String name) {
        need(8);
        long value = from.getLong();
        if (value < 0 || value > max) {
            throw new Bad(name + " is " + Long.toUnsignedString(value));
        }
        return value;
    }

    int count(int max, String name) {
        return (int) number(max, name);
    }

    /** Text of at most so many bytes in UTF-8. */
    String text(int bytesMax, String name) {
        need(4);
        int length = from.getInt();
        if (length < 0 || length > bytesMax) {
            throw new Bad(
                    name + " has " + Integer.toUnsignedString(length) + " bytes, at most " + bytesMax + " are allowed");
        }
        need(length);
        String text = new String(from.array(), from.position(), length, StandardCharsets.UTF_8);
        from.position(from.position() + length);
        return text;
    }

    /** Whatever is left. */
    byte[] rest(int bytesMax) {
        if (from.remaining() > bytesMax) {
            throw new Bad("it has " + from.remaining() + " bytes, at most " + bytesMax + " are allowed");
        }
        byte[] rest = new byte[from.remaining()];
        from.get(rest);
        return rest;
    }

    void end() {
        if (from.hasRemaining()) {
            throw new Bad(from.remaining() + " bytes follow it");
        }
    }
}
