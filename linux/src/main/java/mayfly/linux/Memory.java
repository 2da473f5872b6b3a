package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A range of this process's address space made by mmap(2). Every access is checked against its bounds and against its
 * having been unmapped, which throws {@link IndexOutOfBoundsException} and {@link IllegalStateException}. Offsets and
 * lengths are in bytes; numbers are little-endian, as the machine's. Content may change under a reader when a virtual
 * machine runs on it.
 */
public final class Memory implements AutoCloseable {
    /** Bytes of the smallest page. */
    public static final int PAGE = 4096;

    // sys/mman.h, asm-generic
    static final int PROT_NONE = 0;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;
    static final int MADV_DONTNEED = 4;
    static final int MADV_NOHUGEPAGE = 15;

    private static final MethodHandle MMAP = Libc.function(
            "mmap", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
            Libc.function("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MPROTECT =
            Libc.function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MADVISE =
            Libc.function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final VarHandle INT = JAVA_INT.varHandle();

    private final Arena arena;
    private final MemorySegment segment;

    private Memory(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /** Private zeroed memory, given by the kernel page by page as it is touched. */
    public static Memory anonymous(long bytes) throws ErrnoException {
        return map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    static Memory map(long bytes, int protection, int flags, int fd, long offset) throws ErrnoException {
        long address = mmap(MemorySegment.NULL, bytes, protection, flags, fd, offset);
        Arena arena = Arena.ofShared();
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena, gone -> unmap(gone, bytes));
        return new Memory(arena, segment);
    }

    private static void unmap(MemorySegment segment, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            var _ = (int) MUNMAP.invokeExact(Libc.captured(arena), segment.address(), bytes);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private static long mmap(MemorySegment at, long bytes, int protection, int flags, int fd, long offset)
            throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            long address = (long) MMAP.invokeExact(errno, at, bytes, protection, flags, fd, offset);
            if (address == -1) {
                throw new ErrnoException("mmap", Libc.errno(errno), bytes + " bytes");
            }
            return address;
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Size in bytes. */
    public long size() {
        return segment.byteSize();
    }

    long address() {
        return segment.address();
    }

    MemorySegment segment() {
        return segment;
    }

    public byte getByte(long at) {
        return segment.get(JAVA_BYTE, at);
    }

    public void putByte(long at, byte value) {
        segment.set(JAVA_BYTE, at, value);
    }

    public short getShort(long at) {
        return segment.get(JAVA_SHORT_UNALIGNED, at);
    }

    public void putShort(long at, short value) {
        segment.set(JAVA_SHORT_UNALIGNED, at, value);
    }

    public int getInt(long at) {
        return segment.get(JAVA_INT_UNALIGNED, at);
    }

    public void putInt(long at, int value) {
        segment.set(JAVA_INT_UNALIGNED, at, value);
    }

    /** Sets an aligned int if it has the expected value; gives the value it had. Atomic. */
    public int compareAndExchangeInt(long at, int expected, int value) {
        return (int) INT.compareAndExchange(segment, at, expected, value);
    }

    public long getLong(long at) {
        return segment.get(JAVA_LONG_UNALIGNED, at);
    }

    public void putLong(long at, long value) {
        segment.set(JAVA_LONG_UNALIGNED, at, value);
    }

    /** Copies bytes out of this memory. */
    public void read(long at, byte[] to, int from, int count) {
        MemorySegment.copy(segment, JAVA_BYTE, at, to, from, count);
    }

    /** Copies bytes into this memory. */
    public void write(long at, byte[] source, int from, int count) {
        MemorySegment.copy(source, from, segment, JAVA_BYTE, at, count);
    }

    /** A range to be read through, without a copy; not after this was unmapped. */
    public ByteBuffer range(long at, int count) {
        return segment.asSlice(at, count).asByteBuffer().asReadOnlyBuffer();
    }

    /** Copies from another memory, or within this one. */
    public void copy(long at, Memory source, long from, long count) {
        MemorySegment.copy(source.segment, from, segment, at, count);
    }

    public void fill(long at, long count, byte value) {
        segment.asSlice(at, count).fill(value);
    }

    /** The offset of the first difference with the same range of another memory; -1 when they are equal. */
    public long mismatch(Memory other, long at, long count) {
        return segment.asSlice(at, count).mismatch(other.segment.asSlice(at, count));
    }

    /** Replaces a range by a private view of a file: what is written here stays here. */
    public void overlay(long at, Memfd file, long from, long count) throws ErrnoException {
        place(at, count, MAP_PRIVATE | MAP_NORESERVE, file.number(), from);
    }

    /** Replaces a range by new zeroed private memory. */
    public void overlayZero(long at, long count) throws ErrnoException {
        place(at, count, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    private void place(long at, long count, int flags, int fd, long from) throws ErrnoException {
        // as a segment, so that it cannot be unmapped before the call and be somebody else's memory in it
        MemorySegment range = alive(at, count);
        long placed = mmap(range, count, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, from);
        if (placed != range.address()) {
            throw new AssertionError("MAP_FIXED was not honoured");
        }
    }

    private MemorySegment alive(long at, long count) {
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the memory is unmapped already");
        }
        return segment.asSlice(at, count);
    }

    /** Gives the pages of a range back; a private view of a file shows the file's content again, others zeroes. */
    public void discard(long at, long count) throws ErrnoException {
        advise(at, count, MADV_DONTNEED);
    }

    /** Keeps the kernel from using huge pages here: one would make a machine's private set grow by 2 MiB. */
    public void smallPages() throws ErrnoException {
        advise(0, size(), MADV_NOHUGEPAGE);
    }

    private void advise(long at, long count, int advice) throws ErrnoException {
        MemorySegment range = alive(at, count);
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(confined);
            if ((int) MADVISE.invokeExact(errno, range, count, advice) != 0) {
                throw new ErrnoException("madvise", Libc.errno(errno), count + " bytes");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /**
     * Makes the kernel forget what it derived from this range for virtual machines: they look their page tables up
     * again. Content stays. The range must be page-aligned and mapped readable and writable.
     */
    public void bounce(long at, long count) throws ErrnoException {
        protect(at, count, PROT_READ);
        protect(at, count, PROT_READ | PROT_WRITE);
    }

    private void protect(long at, long count, int protection) throws ErrnoException {
        MemorySegment range = alive(at, count);
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(confined);
            if ((int) MPROTECT.invokeExact(errno, range, count, protection) != 0) {
                throw new ErrnoException("mprotect", Libc.errno(errno), count + " bytes");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Unmaps it. Nothing may run on it any more. */
    @Override
    public void close() {
        arena.close();
    }
}
