package mayfly.machine.kvm.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import mayfly.linux.Memory;

/** A small correct program file, whose parts can be changed. Its text segment holds its headers. */
final class TestElf {
    static final int TEXT = 64;
    static final int DATA = TEXT + 56;
    static final int LINKER = DATA + 56;
    static final int STACK = LINKER + 56;
    static final int PATH = STACK + 56;
    static final int BYTES = 3 * 4096;
    // fields of a program header
    static final int TYPE = 0;
    static final int FLAGS = 4;
    static final int OFFSET = 8;
    static final int ADDRESS = 16;
    static final int FILE_BYTES = 32;
    static final int MEMORY_BYTES = 40;

    final ByteBuffer bytes;

    TestElf() {
        this(0x40_0000, 3, 2);
    }

    /** @param kind 2 at its address, 3 anywhere */
    TestElf(long base, int segmentsBesidesText, int kind) {
        bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, 0x464C457F).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
        bytes.putShort(16, (short) kind).putShort(18, (short) 62).putInt(20, 1);
        bytes.putLong(24, base + 0x200).putLong(32, TEXT);
        bytes.putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) (1 + segmentsBesidesText));
        header(TEXT, 1, 5, 0, base, 4096, 4096);
        header(DATA, 1, 6, 4096, base + 4096, 5000, 9000);
        byte[] path = "/lib/ld.so\0".getBytes(StandardCharsets.US_ASCII);
        header(LINKER, 3, 4, PATH, base + PATH, path.length, path.length);
        header(STACK, 0x6474E551, 6, 0, 0, 0, 0);
        bytes.put(PATH, path);
    }

    void header(int at, int type, int flags, long offset, long address, long inFile, long inMemory) {
        bytes.putInt(at + TYPE, type)
                .putInt(at + FLAGS, flags)
                .putLong(at + OFFSET, offset)
                .putLong(at + ADDRESS, address)
                .putLong(at + FILE_BYTES, inFile)
                .putLong(at + MEMORY_BYTES, inMemory)
                .putLong(at + 48, 4096);
    }

    TestElf put(int at, int value) {
        bytes.put(at, (byte) value);
        return this;
    }

    TestElf putShort(int at, int value) {
        bytes.putShort(at, (short) value);
        return this;
    }

    TestElf putInt(int at, int value) {
        bytes.putInt(at, value);
        return this;
    }

    TestElf putLong(int at, long value) {
        bytes.putLong(at, value);
        return this;
    }

    byte[] content() {
        return bytes.array();
    }

    /** A file that has only a content. */
    record Source(String path, byte[] content) implements Loader.Source {
        @Override
        public long size() {
            return content.length;
        }

        @Override
        public byte[] head(int count) {
            return java.util.Arrays.copyOf(content, Math.min(count, content.length));
        }

        @Override
        public int read(Memory memory, long at, int count, long fileOffset) {
            int length = (int) Math.clamp(content.length - fileOffset, 0L, count);
            if (length > 0) {
                memory.write(at, content, (int) fileOffset, length);
            }
            return length;
        }
    }
}
