package mayfly.runner.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * Writes BARE in two passes over the same message: the first only measures, the second fills an array of exactly that
 * length. So a message is one allocation, whatever it holds, and bodies are copied once.
 */
final class BareWriter {
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle IDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private boolean isMeasuring = true;

    /** What the first pass saw; strings of ASCII alone need no second look at each character. */
    private boolean isAscii = true;

    private long measured;
    private byte[] bytes = BareReader.NO_BYTES;
    private int offset;

    /** Between the passes. */
    void beginWriting() {
        if (measured > RunnerProtocol.MESSAGE_BYTES_MAX) {
            throw new IllegalArgumentException("a message of " + measured + " bytes; at most "
                    + RunnerProtocol.MESSAGE_BYTES_MAX + " may be sent");
        }
        bytes = new byte[(int) measured];
        isMeasuring = false;
    }

    byte[] finish() {
        if (isMeasuring || offset != bytes.length) {
            throw new AssertionError("measured " + bytes.length + " bytes and wrote " + offset);
        }
        return bytes;
    }

    void tag(int tag) {
        u8(tag);
    }

    void bool(boolean value) {
        u8(value ? 1 : 0);
    }

    private void u8(int value) {
        if (isMeasuring) {
            measured++;
        } else {
            bytes[offset++] = (byte) value;
        }
    }

    void u16(int value) {
        if (isMeasuring) {
            measured += Short.BYTES;
        } else {
            SHORTS.set(bytes, offset, (short) value);
            offset += Short.BYTES;
        }
    }

    void u32(int value) {
        if (isMeasuring) {
            measured += Integer.BYTES;
        } else {
            INTS.set(bytes, offset, value);
            offset += Integer.BYTES;
        }
    }

    /** Both i64 and u64. */
    void i64(long value) {
        if (isMeasuring) {
            measured += Long.BYTES;
        } else {
            LONGS.set(bytes, offset, value);
            offset += Long.BYTES;
        }
    }

    /** Four bytes that are only compared, the first of them the highest. */
    void id(int value) {
        if (isMeasuring) {
            measured += Integer.BYTES;
        } else {
            IDS.set(bytes, offset, value);
            offset += Integer.BYTES;
        }
    }

    private void length(int value) {
        int rest = value;
        while (rest >= 0x80) {
            u8(rest | 0x80);
            rest >>>= 7;
        }
        u8(rest);
    }

    void data(byte[] value) {
        length(value.length);
        raw(value);
    }

    private void raw(byte[] value) {
        if (isMeasuring) {
            measured += value.length;
        } else {
            System.arraycopy(value, 0, bytes, offset, value.length);
            offset += value.length;
        }
    }

    void string(String value) {
        if (isMeasuring && isAsciiOnly(value)) {
            length(value.length());
            measured += value.length();
        } else if (!isMeasuring && (isAscii || isAsciiOnly(value))) {
            length(value.length());
            ascii(value);
        } else {
            isAscii = false;
            data(value.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Drops the high halves of the characters, of which there are none: the one way to copy without an array between. */
    @SuppressWarnings("deprecation")
    private void ascii(String value) {
        value.getBytes(0, value.length(), bytes, offset);
        offset += value.length();
    }

    private static boolean isAsciiOnly(String value) {
        for (int at = 0; at < value.length(); at++) {
            if (value.charAt(at) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    void optionalString(Optional<String> value) {
        bool(value.isPresent());
        if (value.isPresent()) {
            string(value.get());
        }
    }

    void optionalData(Optional<byte[]> value) {
        bool(value.isPresent());
        if (value.isPresent()) {
            data(value.get());
        }
    }

    void optionalBool(Optional<Boolean> value) {
        bool(value.isPresent());
        if (value.isPresent()) {
            bool(value.get());
        }
    }

    void optionalU16(OptionalInt value) {
        bool(value.isPresent());
        if (value.isPresent()) {
            u16(value.getAsInt());
        }
    }

    void optionalI64(OptionalLong value) {
        bool(value.isPresent());
        if (value.isPresent()) {
            i64(value.getAsLong());
        }
    }

    <T> void list(List<T> values, BiConsumer<BareWriter, T> element) {
        length(values.size());
        for (int at = 0; at < values.size(); at++) {
            element.accept(this, values.get(at));
        }
    }

    void strings(Map<String, String> values) {
        length(values.size());
        for (Map.Entry<String, String> entry : values.entrySet()) {
            string(entry.getKey());
            string(entry.getValue());
        }
    }
}
