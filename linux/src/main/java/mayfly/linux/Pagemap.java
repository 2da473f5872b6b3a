package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Tells which pages of a private file mapping are this process's own copies: the PAGEMAP_SCAN ioctl of Linux 6.7
 * (Documentation/admin-guide/mm/pagemap.rst), or a read of /proc/self/pagemap before it. Not safe for concurrent use.
 */
public final class Pagemap implements AutoCloseable {
    // linux/fs.h: struct pm_scan_arg is 12 words, struct page_region 3
    static final long PAGEMAP_SCAN = 0xC0606610L;
    static final int ARG_BYTES = 96;
    static final int REGION_BYTES = 24;
    static final long PAGE_IS_FILE = 1 << 2;
    static final long PAGE_IS_PRESENT = 1 << 3;
    static final long PAGE_IS_SWAPPED = 1 << 4;
    // /proc/self/pagemap
    private static final long PRESENT = 1L << 63;
    // a private page that the kernel has swapped out, or is just moving elsewhere, is not present and yet a copy
    private static final long SWAPPED = 1L << 62;
    private static final long FILE_OR_SHARED = 1L << 61;
    private static final int WORDS_AT_ONCE = 4096;

    private static final MethodHandle IOCTL = Libc.function(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle PREAD =
            Libc.function("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));

    /** Takes ranges of private pages, as offsets into the scanned memory. */
    @FunctionalInterface
    public interface Ranges {
        void range(long from, long until);
    }

    private final Arena arena = Arena.ofShared();
    private final Descriptor descriptor;
    private final int number;
    private final int capacity;
    private final MemorySegment errno;
    private final MemorySegment arg;
    private final MemorySegment regions;
    private final boolean scans;

    private Pagemap(Descriptor descriptor, int capacity, boolean mayScan) throws ErrnoException {
        this.descriptor = descriptor;
        this.capacity = capacity;
        number = descriptor.enter("pagemap");
        descriptor.leave();
        errno = Libc.captured(arena);
        arg = arena.allocate(ARG_BYTES, 8);
        regions = arena.allocate(Math.max((long) capacity * REGION_BYTES, WORDS_AT_ONCE * 8L), 8);
        scans = mayScan && scan(0, 0) >= 0;
    }

    /** @param capacity how many ranges are taken from the kernel at once */
    public static Pagemap open(int capacity) throws ErrnoException {
        return new Pagemap(Descriptor.open("/proc/self/pagemap", Descriptor.O_RDONLY, 0), capacity, true);
    }

    /** The same by reading /proc/self/pagemap, as on kernels before 6.7. */
    public static Pagemap openReading(int capacity) throws ErrnoException {
        return new Pagemap(Descriptor.open("/proc/self/pagemap", Descriptor.O_RDONLY, 0), capacity, false);
    }

    /** Whether the kernel has the ioctl. */
    public boolean scans() {
        return scans;
    }

    /** Gives every range of pages that are private copies, in ascending order. */
    public void privatePages(Memory memory, long from, long until, Ranges ranges) throws ErrnoException {
        if (scans) {
            byScan(memory.address(), from, until, ranges);
        } else {
            byReading(memory.address(), from, until, ranges);
        }
    }

    private void byScan(long base, long from, long until, Ranges ranges) throws ErrnoException {
        long at = from;
        while (at < until) {
            int count = scan(base + at, base + until);
            if (count < 0) {
                throw new ErrnoException("ioctl PAGEMAP_SCAN", Libc.errno(errno), "/proc/self/pagemap");
            }
            for (int i = 0; i < count; i++) {
                long region = (long) i * REGION_BYTES;
                ranges.range(regions.get(JAVA_LONG, region) - base, regions.get(JAVA_LONG, region + 8) - base);
            }
            at = count < capacity ? until : arg.get(JAVA_LONG, 32) - base; // walk_end
        }
    }

    private int scan(long start, long end) {
        arg.fill((byte) 0);
        arg.set(JAVA_LONG, 0, ARG_BYTES);
        arg.set(JAVA_LONG, 16, start);
        arg.set(JAVA_LONG, 24, end);
        arg.set(JAVA_LONG, 40, regions.address());
        arg.set(JAVA_LONG, 48, capacity);
        arg.set(JAVA_LONG, 64, PAGE_IS_FILE); // category_inverted
        arg.set(JAVA_LONG, 72, PAGE_IS_FILE); // category_mask: not the file's
        arg.set(JAVA_LONG, 80, PAGE_IS_PRESENT | PAGE_IS_SWAPPED); // category_anyof_mask
        try {
            return (int) IOCTL.invokeExact(errno, number, PAGEMAP_SCAN, arg);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private void byReading(long base, long from, long until, Ranges ranges) throws ErrnoException {
        long begin = -1;
        for (long at = from; at < until; ) {
            long words = Math.min(WORDS_AT_ONCE, (until - at) / Memory.PAGE);
            read((base + at) / Memory.PAGE * 8, words * 8);
            for (long i = 0; i < words; i++, at += Memory.PAGE) {
                long entry = regions.get(JAVA_LONG, i * 8);
                boolean isPrivate = (entry & (PRESENT | SWAPPED)) != 0 && (entry & FILE_OR_SHARED) == 0;
                if (isPrivate && begin < 0) {
                    begin = at;
                } else if (!isPrivate && begin >= 0) {
                    ranges.range(begin, at);
                    begin = -1;
                }
            }
        }
        if (begin >= 0) {
            ranges.range(begin, until);
        }
    }

    private void read(long offset, long bytes) throws ErrnoException {
        try {
            long got = (long) PREAD.invokeExact(errno, number, regions, bytes, offset);
            if (got != bytes) {
                throw new ErrnoException("pread", got < 0 ? Libc.errno(errno) : Errno.EIO, "/proc/self/pagemap");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    @Override
    public void close() {
        descriptor.close();
        arena.close();
    }
}
