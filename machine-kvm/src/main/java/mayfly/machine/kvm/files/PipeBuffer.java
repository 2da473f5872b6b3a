package mayfly.machine.kvm.files;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The bytes in a pipe, first in first out, and its two ends. */
final class PipeBuffer {
    /** Bytes that fit, as on Linux. */
    static final int CAPACITY = 64 << 10;

    private static final int FIRST_BYTES = 4096;

    private static final byte[] NONE = {};

    /** Grows up to {@link #CAPACITY}; its length is a power of two. */
    private byte[] bytes = new byte[FIRST_BYTES];

    private final KernelMemory memory;
    private int start;
    private int count;

    /** The open ends; null when closed. */
    @Nullable
    OpenFile reader;

    @Nullable
    OpenFile writer;

    private PipeBuffer(KernelMemory memory) {
        this.memory = memory;
    }

    /** An empty one; null when the machine has no memory left for it. */
    static @Nullable PipeBuffer make(KernelMemory memory) {
        if (!memory.reserve(FIRST_BYTES)) {
            return null;
        }
        memory.charge(FIRST_BYTES);
        return new PipeBuffer(memory);
    }

    /** To be called once both ends are gone; more than once changes nothing. */
    void close() {
        memory.charge(-bytes.length);
        bytes = NONE;
        count = 0;
    }

    int count() {
        return count;
    }

    int free() {
        return CAPACITY - count;
    }

    /** Whether the machine has the memory for so many more, which fit. */
    boolean hasMemoryFor(int more) {
        return count + more <= bytes.length || memory.reserve(size(count + more) - bytes.length);
    }

    private static int size(int needed) {
        return Math.max(Integer.highestOneBit(needed - 1) << 1, FIRST_BYTES);
    }

    /** Moves {@code length} bytes, of which there must be as many. */
    void drain(Transfer to, int length) {
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, bytes.length - start);
            to.put(bytes, start, part); // may find no memory there: what was moved before is gone, as with splice
            start = (start + part) & (bytes.length - 1);
            count -= part;
            done += part;
        }
    }

    /** Takes {@code length} bytes, for which there must be room and {@link #hasMemoryFor memory}. */
    void fill(Transfer from, int length) {
        reserve(count + length);
        for (int done = 0; done < length; ) {
            int end = (start + count) & (bytes.length - 1);
            int part = Math.min(length - done, bytes.length - end);
            from.take(bytes, end, part);
            count += part;
            done += part;
        }
    }

    private void reserve(int needed) {
        if (needed > bytes.length) {
            byte[] larger = new byte[size(needed)];
            memory.charge(larger.length - bytes.length);
            copyTo(larger);
            bytes = larger;
            start = 0;
        }
    }

    private void copyTo(byte[] target) {
        int first = Math.min(count, bytes.length - start);
        System.arraycopy(bytes, start, target, 0, first);
        System.arraycopy(bytes, 0, target, first, count - first);
    }

    byte[] toBytes() {
        byte[] all = new byte[count];
        copyTo(all);
        return all;
    }

    /** One with this content, without ends. */
    static PipeBuffer of(byte[] content, KernelMemory memory) {
        PipeBuffer buffer = new PipeBuffer(memory);
        memory.charge(FIRST_BYTES);
        buffer.reserve(content.length);
        System.arraycopy(content, 0, buffer.bytes, 0, content.length);
        buffer.count = content.length;
        return buffer;
    }

    /** The same content, without ends. */
    PipeBuffer copy(KernelMemory others) {
        PipeBuffer copy = new PipeBuffer(others);
        others.charge(bytes.length);
        copy.bytes = Arrays.copyOf(bytes, bytes.length);
        copy.start = start;
        copy.count = count;
        return copy;
    }
}
