package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls that {@link StreamSocket} and {@link StreamListener} make: results are counts or descriptors, or negative
 * errnos; nothing is thrown and nothing is allocated, because a virtual machine's system calls wait for them.
 */
final class SocketCalls {
    // linux/socket.h, linux/net.h, linux/in.h, linux/tcp.h
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int SOCK_STREAM = 1;
    static final int SOCK_NONBLOCK = 04000;
    static final int SOCK_CLOEXEC = 02000000;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    /** The largest struct sockaddr of these families: sockaddr_un with a terminating zero. */
    static final int ADDRESS_BYTES_MAX = 111;
    // asm-generic/ioctls.h
    private static final long FIONREAD = 0x541B;

    private static final MethodHandle SOCKET =
            Libc.function("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            Libc.function("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CONNECT =
            Libc.function("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN =
            Libc.function("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACCEPT =
            Libc.function("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle RECV =
            Libc.function("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SEND =
            Libc.function("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SHUTDOWN =
            Libc.function("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle NAME =
            Libc.function("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle PEER =
            Libc.function("getpeername", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SET_OPTION = Libc.function(
            "setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GET_OPTION = Libc.function(
            "getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle IOCTL = Libc.function(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle POLL =
            Libc.function("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    /** Arguments and results of one thread's calls. */
    private static final ThreadLocal<SocketCalls> OF_THREAD = ThreadLocal.withInitial(SocketCalls::new);

    private final MemorySegment errno = Libc.captured(Arena.ofAuto());
    private final MemorySegment address = Arena.ofAuto().allocate(ADDRESS_BYTES_MAX + 1L, 8);
    private final MemorySegment word = Arena.ofAuto().allocate(8, 8);
    private final MemorySegment size = Arena.ofAuto().allocate(8, 8);
    /** One struct pollfd. */
    private final MemorySegment polled = Arena.ofAuto().allocate(8, 8);

    private SocketCalls() {}

    static SocketCalls ofThread() {
        return OF_THREAD.get();
    }

    /** A stream socket that does not block and is closed on exec. */
    int open(int family) {
        try {
            return result((int) SOCKET.invokeExact(errno, family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int bind(int fd, byte[] to) {
        MemorySegment.copy(to, 0, address, JAVA_BYTE, 0, to.length);
        try {
            return result((int) BIND.invokeExact(errno, fd, address, to.length));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int connect(int fd, byte[] to) {
        MemorySegment.copy(to, 0, address, JAVA_BYTE, 0, to.length);
        try {
            return result((int) CONNECT.invokeExact(errno, fd, address, to.length));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int listen(int fd, int backlog) {
        try {
            return result((int) LISTEN.invokeExact(errno, fd, backlog));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int accept(int fd) {
        try {
            return result((int) ACCEPT.invokeExact(
                    errno, fd, MemorySegment.NULL, MemorySegment.NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    long receive(int fd, MemorySegment to, int flags) {
        try {
            return result((long) RECV.invokeExact(errno, fd, to, to.byteSize(), flags | MSG_DONTWAIT));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    long send(int fd, MemorySegment from) {
        try {
            return result((long) SEND.invokeExact(errno, fd, from, from.byteSize(), MSG_DONTWAIT | MSG_NOSIGNAL));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int shutdown(int fd, int how) {
        try {
            return result((int) SHUTDOWN.invokeExact(errno, fd, how));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** The struct sockaddr of one end; empty when there is none. */
    byte[] address(int fd, boolean peer) {
        size.set(JAVA_INT, 0, ADDRESS_BYTES_MAX);
        try {
            int failed = (int) (peer ? PEER : NAME).invokeExact(errno, fd, address, size);
            if (failed != 0) {
                return new byte[0];
            }
            byte[] bytes = new byte[Math.min(size.get(JAVA_INT, 0), ADDRESS_BYTES_MAX)];
            MemorySegment.copy(address, JAVA_BYTE, 0, bytes, 0, bytes.length);
            return bytes;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    int setOption(int fd, int level, int option, int value) {
        word.set(JAVA_INT, 0, value);
        try {
            return result((int) SET_OPTION.invokeExact(errno, fd, level, option, word, 4));
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** The value, which is not negative for the options we ask for, or a negative errno. */
    int option(int fd, int level, int option) {
        size.set(JAVA_INT, 0, 4);
        try {
            int failed = (int) GET_OPTION.invokeExact(errno, fd, level, option, word, size);
            return failed != 0 ? -Libc.errno(errno) : word.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Bytes that can be read now. */
    int available(int fd) {
        try {
            int failed = (int) IOCTL.invokeExact(errno, fd, FIONREAD, word);
            return failed != 0 ? -Libc.errno(errno) : word.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    /** Which of these events of poll(2), and which errors, are there now. */
    int ready(int fd, int events) {
        polled.set(JAVA_INT, 0, fd);
        polled.set(JAVA_SHORT, 4, (short) events);
        polled.set(JAVA_SHORT, 6, (short) 0);
        try {
            int count = (int) POLL.invokeExact(errno, polled, 1L, 0);
            return count <= 0 ? 0 : polled.get(JAVA_SHORT, 6);
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private int result(int value) {
        return value < 0 ? -Libc.errno(errno) : value;
    }

    private long result(long value) {
        return value < 0 ? -Libc.errno(errno) : value;
    }
}
