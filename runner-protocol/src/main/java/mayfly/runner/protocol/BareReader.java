package mayfly.runner.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Reads BARE from bytes of strangers. Every length is held against what is left before anything is allocated for it, and
 * only the one canonical form of a number, flag or string is taken.
 */
final class BareReader {
    static final byte[] NO_BYTES = {};

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle IDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    /** Room that a list or map gets on the word of its sender alone. */
    private static final int TRUSTED_ELEMENTS = 16;

    private final byte[] bytes;
    private int offset;

    BareReader(byte[] bytes) throws MalformedMessageException {
        this.bytes = bytes;
        if (bytes.length > RunnerProtocol.MESSAGE_BYTES_MAX) {
            throw malformed("a message of " + bytes.length + " bytes, over the limit");
        }
    }

    /** One element of a list. */
    @FunctionalInterface
    interface Element<T> {
        T read(BareReader reader) throws MalformedMessageException;
    }

    private MalformedMessageException malformed(String fault) {
        return malformed(fault, offset);
    }

    private static MalformedMessageException malformed(String fault, int at) {
        return new MalformedMessageException(fault, at);
    }

    /** What to throw for the tag read last. */
    MalformedMessageException unknown(String union, int tag) {
        return malformed(union + " has no member " + tag, offset - 1);
    }

    /** What to throw for the two bytes read last. */
    MalformedMessageException otherVersion(int version) {
        return malformed("version " + version + " of the runner protocol", offset - Short.BYTES);
    }

    /** Nothing may follow a message. */
    void end() throws MalformedMessageException {
        if (offset < bytes.length) {
            throw malformed((bytes.length - offset) + " bytes too many");
        }
    }

    private int take(int count) throws MalformedMessageException {
        if (count > bytes.length - offset) {
            throw malformed((count - (bytes.length - offset)) + " bytes missing");
        }
        int from = offset;
        offset += count;
        return from;
    }

    int tag() throws MalformedMessageException {
        return u8();
    }

    private int u8() throws MalformedMessageException {
        return bytes[take(1)] & 0xff;
    }

    boolean bool() throws MalformedMessageException {
        int value = u8();
        if (value > 1) {
            throw malformed("a bool is " + value, offset - 1);
        }
        return value == 1;
    }

    int u16() throws MalformedMessageException {
        return (short) SHORTS.get(bytes, take(Short.BYTES)) & 0xffff;
    }

    int u32() throws MalformedMessageException {
        return (int) INTS.get(bytes, take(Integer.BYTES));
    }

    /** Both i64 and u64. */
    long i64() throws MalformedMessageException {
        return (long) LONGS.get(bytes, take(Long.BYTES));
    }

    /** Four bytes that are only compared, the first of them the highest. */
    int id() throws MalformedMessageException {
        return (int) IDS.get(bytes, take(Integer.BYTES));
    }

    /** A length that the rest of the message can hold, at so many bytes each. */
    private int length(int bytesEach) throws MalformedMessageException {
        int start = offset;
        long value = 0;
        int bits = 0;
        int part;
        do {
            part = u8();
            value |= (part & 0x7fL) << bits;
            bits += 7;
        } while (part >= 0x80 && bits < Integer.SIZE);
        if (part == 0 && bits > 7) {
            throw malformed("a length that is not canonical", start);
        }
        if (part >= 0x80 || value > 0xffff_ffffL) {
            throw malformed("a length of more than 32 bits", start);
        }
        if (value * bytesEach > bytes.length - offset) {
            throw malformed("a length of " + value + " with " + (bytes.length - offset) + " bytes left", start);
        }
        return (int) value;
    }

    byte[] data() throws MalformedMessageException {
        int length = length(1);
        if (length == 0) {
            return NO_BYTES;
        }
        int from = take(length);
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    String string() throws MalformedMessageException {
        int length = length(1);
        int from = take(length);
        String value = new String(bytes, from, length, StandardCharsets.UTF_8);
        // Where the bytes are no UTF-8, this character stands; it may also have been sent.
        if (value.indexOf('\uFFFD') >= 0) {
            checkUtf8(from, length);
        }
        return value;
    }

    private void checkUtf8(int from, int length) throws MalformedMessageException {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
        } catch (CharacterCodingException e) {
            throw (MalformedMessageException)
                    malformed("a string that is not UTF-8", from).initCause(e);
        }
    }

    Optional<String> optionalString() throws MalformedMessageException {
        return bool() ? Optional.of(string()) : Optional.empty();
    }

    Optional<byte[]> optionalData() throws MalformedMessageException {
        return bool() ? Optional.of(data()) : Optional.empty();
    }

    Optional<Boolean> optionalBool() throws MalformedMessageException {
        return bool() ? Optional.of(bool()) : Optional.empty();
    }

    OptionalInt optionalU16() throws MalformedMessageException {
        return bool() ? OptionalInt.of(u16()) : OptionalInt.empty();
    }

    OptionalLong optionalI64() throws MalformedMessageException {
        return bool() ? OptionalLong.of(i64()) : OptionalLong.empty();
    }

    /** A list whose elements take at least so many bytes each. */
    <T> List<T> list(int bytesEach, Element<T> element) throws MalformedMessageException {
        int size = count(bytesEach, RunnerProtocol.LIST_ELEMENTS_MAX, "list");
        if (size == 0) {
            return List.of();
        }
        List<T> values = new ArrayList<>(Math.min(size, TRUSTED_ELEMENTS));
        for (int at = 0; at < size; at++) {
            values.add(element.read(this));
        }
        return Collections.unmodifiableList(values);
    }

    /** A map in the order of the wire; a key may be there once. */
    Map<String, String> strings() throws MalformedMessageException {
        int size = count(2, RunnerProtocol.MAP_ENTRIES_MAX, "map");
        if (size == 0) {
            return Map.of();
        }
        Map<String, String> values = LinkedHashMap.newLinkedHashMap(Math.min(size, TRUSTED_ELEMENTS));
        for (int at = 0; at < size; at++) {
            int start = offset;
            String key = string();
            if (values.put(key, string()) != null) {
                throw malformed("a key that was there before", start);
            }
        }
        return Collections.unmodifiableMap(values);
    }

    private int count(int bytesEach, int max, String what) throws MalformedMessageException {
        int start = offset;
        int size = length(bytesEach);
        if (size > max) {
            throw malformed("a " + what + " of " + size + ", over the limit of " + max, start);
        }
        return size;
    }
}
