package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A file in memory without a name, memfd_create(2), or a file on disk used like one. */
public final class Memfd implements AutoCloseable {
    // linux/memfd.h, linux/fcntl.h, linux/falloc.h
    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int F_ADD_SEALS = 1033;
    static final int F_SEAL_SHRINK = 2;
    static final int F_SEAL_GROW = 4;
    static final int F_SEAL_WRITE = 8;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    private static final MethodHandle MEMFD_CREATE =
            Libc.function("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            Libc.function("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FCNTL = Libc.function(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FALLOCATE =
            Libc.function("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle LSEEK =
            Libc.function("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));

    private final Descriptor descriptor;
    private final int number;
    private final long size;

    private Memfd(Descriptor descriptor, long size) throws ErrnoException {
        this.descriptor = descriptor;
        this.size = size;
        number = descriptor.enter("memfd");
        descriptor.leave();
    }

    /**
     * A new file of zeroes that takes memory as it is written.
     *
     * @param name for people, in /proc
     */
    public static Memfd create(String name, long bytes) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int fd = (int) MEMFD_CREATE.invokeExact(errno, arena.allocateFrom(name), MFD_CLOEXEC | MFD_ALLOW_SEALING);
            if (fd < 0) {
                throw new ErrnoException("memfd_create", Libc.errno(errno), name);
            }
            Descriptor descriptor = new Descriptor(fd, "memfd " + name);
            if ((int) FTRUNCATE.invokeExact(errno, fd, bytes) != 0) {
                descriptor.close();
                throw new ErrnoException("ftruncate", Libc.errno(errno), name);
            }
            return new Memfd(descriptor, bytes);
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** A file on disk, whose content must not change while it is used. */
    public static Memfd open(String path, long bytes) throws ErrnoException {
        return new Memfd(Descriptor.open(path, Descriptor.O_RDONLY, 0), bytes);
    }

    public long size() {
        return size;
    }

    int number() {
        return number;
    }

    /** The whole file, shared: what is written here is in the file. */
    public Memory map() throws ErrnoException {
        return Memory.map(
                size, Memory.PROT_READ | Memory.PROT_WRITE, Memory.MAP_SHARED | Memory.MAP_NORESERVE, number, 0);
    }

    /** The whole file, to be read only. */
    public Memory view() throws ErrnoException {
        return Memory.map(size, Memory.PROT_READ, Memory.MAP_SHARED | Memory.MAP_NORESERVE, number, 0);
    }

    /** From now on nobody can change it. EBUSY while a writable shared mapping exists. */
    public void seal() throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
            if ((int) FCNTL.invokeExact(errno, number, F_ADD_SEALS, seals) != 0) {
                throw new ErrnoException("fcntl F_ADD_SEALS", Libc.errno(errno), descriptor.object());
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Gives a range's memory back; it reads as zeroes. */
    public void punch(long at, long count) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
            if ((int) FALLOCATE.invokeExact(errno, number, mode, at, count) != 0) {
                throw new ErrnoException("fallocate", Libc.errno(errno), descriptor.object());
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Where the next content begins at or after an offset; the size when there is none. */
    public long nextData(long from) throws ErrnoException {
        return seek(from, SEEK_DATA);
    }

    /** Where the next hole begins at or after an offset; the size when there is none. */
    public long nextHole(long from) throws ErrnoException {
        return seek(from, SEEK_HOLE);
    }

    private long seek(long from, int whence) throws ErrnoException {
        if (from >= size) {
            return size;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            long at = (long) LSEEK.invokeExact(errno, number, from, whence);
            if (at >= 0) {
                return at;
            }
            if (Libc.errno(errno) == Errno.ENXIO) {
                return size;
            }
            throw new ErrnoException("lseek", Libc.errno(errno), descriptor.object());
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
