package mayfly.linux;

import java.lang.foreign.MemorySegment;

/**
 * A connected stream socket of the host, TCP or Unix, that never blocks. Any thread may use and any may close it: a call
 * that has begun ends before the number is given back. Results are counts or negative errnos; -EBADF after the close.
 */
public final class StreamSocket implements AutoCloseable {
    // poll.h
    public static final int READABLE = 1;
    public static final int WRITABLE = 4;
    public static final int ERROR = 8;
    public static final int HUNG_UP = 16;
    /** The other side will send no more. */
    public static final int READ_HUNG_UP = 0x2000;
    // linux/socket.h
    private static final int MSG_PEEK = 2;

    private final Descriptor descriptor;

    StreamSocket(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects to a listener of the host.
     *
     * @param address struct sockaddr of a Unix socket: these connect at once or not at all; or of TCP: then the
     *     connection may still be under way, and the first call says how it went
     * @throws ErrnoException ECONNREFUSED, EAGAIN when a Unix listener's queue is full, EMFILE, ENFILE
     */
    public static StreamSocket connect(byte[] address) throws ErrnoException {
        if (address.length < 2 || address.length > SocketCalls.ADDRESS_BYTES_MAX) {
            throw new ErrnoException("connect", Errno.EINVAL, "an address of " + address.length + " bytes");
        }
        int fd = SocketCalls.ofThread().open((address[0] & 0xFF) | (address[1] & 0xFF) << 8);
        if (fd < 0) {
            throw new ErrnoException("socket", -fd, "a connection");
        }
        StreamSocket socket = new StreamSocket(new Descriptor(fd, "socket"));
        int failed = SocketCalls.ofThread().connect(fd, address);
        if (failed < 0 && failed != -Errno.EINPROGRESS) {
            socket.close();
            throw new ErrnoException("connect", -failed, "a connection");
        }
        return socket;
    }

    /**
     * A TCP socket that is not connected yet.
     *
     * @param ipv6 else IPv4
     */
    public static StreamSocket unconnected(boolean ipv6) throws ErrnoException {
        int fd = SocketCalls.ofThread().open(ipv6 ? SocketCalls.AF_INET6 : SocketCalls.AF_INET);
        if (fd < 0) {
            throw new ErrnoException("socket", -fd, "a connection");
        }
        return new StreamSocket(new Descriptor(fd, "socket"));
    }

    /** connect(2) to a struct sockaddr: 0, or a negative errno, of which -EINPROGRESS and -EALREADY say that it is under way. */
    public long connectTo(byte[] address) {
        if (address.length > SocketCalls.ADDRESS_BYTES_MAX) {
            return -Errno.EINVAL;
        }
        return with((calls, fd) -> calls.connect(fd, address));
    }

    private interface Call {
        long on(SocketCalls calls, int fd);
    }

    private long with(Call call) {
        int fd;
        try {
            fd = descriptor.enter("socket");
        } catch (ErrnoException closed) {
            return -closed.errno();
        }
        try {
            return call.on(SocketCalls.ofThread(), fd);
        } finally {
            descriptor.leave();
        }
    }

    /** recv(2): 0 at the end of the stream. */
    public long read(Memory to, long at, int count) {
        MemorySegment bytes = to.segment().asSlice(at, count);
        return with((calls, fd) -> calls.receive(fd, bytes, 0));
    }

    /** recv(2) that leaves the bytes where they are. */
    public long peek(Memory to, long at, int count) {
        MemorySegment bytes = to.segment().asSlice(at, count);
        return with((calls, fd) -> calls.receive(fd, bytes, MSG_PEEK));
    }

    /** send(2), never with a signal: -EPIPE when the other side is gone. */
    public long write(Memory from, long at, int count) {
        MemorySegment bytes = from.segment().asSlice(at, count);
        return with((calls, fd) -> calls.send(fd, bytes));
    }

    /** shutdown(2); how: 0 reading, 1 writing, 2 both. */
    public long shutdown(int how) {
        return with((calls, fd) -> calls.shutdown(fd, how));
    }

    /** FIONREAD: how many bytes can be read now. */
    public long available() {
        return with(SocketCalls::available);
    }

    /** Which of these events are there now, and {@link #ERROR} and {@link #HUNG_UP}; all of them after the close. */
    public int ready(int events) {
        long found = with((calls, fd) -> calls.ready(fd, events));
        return found < 0 ? events | ERROR | HUNG_UP : (int) found;
    }

    /** setsockopt(2) with an int. */
    public long setOption(int level, int option, int value) {
        return with((calls, fd) -> calls.setOption(fd, level, option, value));
    }

    /** getsockopt(2) of an int that is not negative. */
    public long option(int level, int option) {
        return with((calls, fd) -> calls.option(fd, level, option));
    }

    /** struct sockaddr of this end, or of the other; empty when unknown. */
    public byte[] address(boolean peer) {
        byte[][] found = {{}};
        with((calls, fd) -> {
            found[0] = calls.address(fd, peer);
            return 0;
        });
        return found[0];
    }

    Descriptor descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
