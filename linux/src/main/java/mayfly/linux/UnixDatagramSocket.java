package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/** A bound AF_UNIX SOCK_DGRAM socket that receives; the JDK has stream sockets only. */
public final class UnixDatagramSocket implements AutoCloseable {
    /** Largest name with its terminating zero, so one byte less is usable. */
    static final int SUN_PATH_BYTES = 108;
    /** struct sockaddr_un, linux/un.h. */
    static final StructLayout SOCKADDR_UN = MemoryLayout.structLayout(
                    JAVA_SHORT.withName("sun_family"),
                    MemoryLayout.sequenceLayout(SUN_PATH_BYTES, JAVA_BYTE).withName("sun_path"))
            .withName("sockaddr_un");

    private static final VarHandle FAMILY = SOCKADDR_UN.varHandle(PathElement.groupElement("sun_family"));
    private static final long PATH_OFFSET = SOCKADDR_UN.byteOffset(PathElement.groupElement("sun_path"));

    // linux/socket.h, linux/net.h
    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_NONBLOCK = 04000;
    private static final int SOCK_CLOEXEC = 02000000;

    private static final MethodHandle SOCKET =
            Libc.function("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            Libc.function("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECV =
            Libc.function("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private final Descriptor descriptor;
    private final EventFd wake;

    private UnixDatagramSocket(Descriptor descriptor, EventFd wake) {
        this.descriptor = descriptor;
        this.wake = wake;
    }

    /**
     * Makes the socket file. The caller removes an old one first, when it knows that nobody else uses it.
     *
     * @param name entry of the directory, at most 80 bytes
     * @throws ErrnoException EADDRINUSE when the file exists, ENAMETOOLONG, EACCES, EMFILE
     */
    public static UnixDatagramSocket bind(DirectoryFd directory, String name) throws ErrnoException {
        byte[] path = directory.entry(name).toString().getBytes(StandardCharsets.UTF_8);
        if (path.length >= SUN_PATH_BYTES) {
            throw new ErrnoException("bind", Errno.ENAMETOOLONG, name);
        }
        Descriptor descriptor = socket(name);
        try {
            bind(descriptor, path);
            return new UnixDatagramSocket(descriptor, EventFd.open());
        } catch (ErrnoException e) {
            descriptor.close();
            throw e;
        }
    }

    private static Descriptor socket(String name) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            int fd = (int) SOCKET.invokeExact(errno, (int) AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            if (fd < 0) {
                throw new ErrnoException("socket", Libc.errno(errno), name);
            }
            return new Descriptor(fd, name);
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private static void bind(Descriptor descriptor, byte[] path) throws ErrnoException {
        int fd = descriptor.enter("bind");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.captured(arena);
            MemorySegment address = arena.allocate(SOCKADDR_UN);
            FAMILY.set(address, 0L, AF_UNIX);
            MemorySegment.copy(path, 0, address, JAVA_BYTE, PATH_OFFSET, path.length);
            int result = (int) BIND.invokeExact(errno, fd, address, (int) SOCKADDR_UN.byteSize());
            if (result != 0) {
                throw new ErrnoException("bind", Libc.errno(errno), descriptor.object());
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        } finally {
            descriptor.leave();
        }
    }

    /**
     * Waits for one datagram; holds a platform thread. For one receiving thread.
     *
     * @param buffer what does not fit is lost, as with every datagram
     * @return how many bytes came; -1 when the socket was closed, before or during the call
     */
    public int receive(byte[] buffer) throws ErrnoException {
        int fd;
        int wakeFd;
        try {
            fd = descriptor.enter("recv");
        } catch (ErrnoException closed) {
            return -1;
        }
        try {
            wakeFd = wake.descriptor().enter("poll");
        } catch (ErrnoException closed) {
            descriptor.leave();
            return -1;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, buffer.length));
            while (true) {
                Poll.readable(new int[] {wakeFd, fd}, -1);
                if (descriptor.isClosed()) {
                    return -1;
                }
                int count = receive(arena, fd, bytes);
                if (count >= 0) {
                    MemorySegment.copy(bytes, JAVA_BYTE, 0, buffer, 0, Math.min(count, buffer.length));
                    return count;
                }
            }
        } finally {
            wake.descriptor().leave();
            descriptor.leave();
        }
    }

    /** -1 when nothing is there. */
    private int receive(Arena arena, int fd, MemorySegment bytes) throws ErrnoException {
        try {
            MemorySegment errno = Libc.captured(arena);
            long count = (long) RECV.invokeExact(errno, fd, bytes, bytes.byteSize(), 0);
            int error = count < 0 ? Libc.errno(errno) : 0;
            if (error != 0 && error != Errno.EAGAIN && error != Errno.EINTR) {
                throw new ErrnoException("recv", error, descriptor.object());
            }
            return (int) count;
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Wakes the receiver, which returns -1; the file stays. Repeated calls do nothing. */
    @Override
    public void close() {
        descriptor.close();
        wake.wake();
        wake.close();
    }
}
