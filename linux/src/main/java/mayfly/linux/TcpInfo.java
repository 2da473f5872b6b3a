package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What the kernel counted of a TCP connection, whoever used it.
 *
 * @param received bytes that came; some may not have been read. The end of the stream may count as one
 * @param sent bytes that were written, whether they arrived or not
 */
public record TcpInfo(long received, long sent) {
    // struct tcp_info, linux/tcp.h
    static final int BYTES_RECEIVED = 128;
    static final int NOTSENT_BYTES = 144;
    static final int BYTES_SENT = 200;
    static final int BYTES_RETRANS = 208;
    private static final int SIZE = 256;
    private static final int LEAST = BYTES_RETRANS + 8;

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final MethodHandle GET_OPTION = Libc.function(
            "getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

    /** Nothing is known: no TCP, a kernel before Linux 4.19, or a closed socket. */
    public static final TcpInfo UNKNOWN = new TcpInfo(0, 0);

    /** Of a connection. */
    public static TcpInfo of(StreamSocket socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(SIZE, 8);
            MemorySegment size = arena.allocateFrom(JAVA_INT, SIZE);
            MemorySegment errno = Libc.captured(arena);
            int fd = socket.descriptor().enter("getsockopt");
            int failed;
            try {
                failed = (int) GET_OPTION.invokeExact(errno, fd, IPPROTO_TCP, TCP_INFO, info, size);
            } finally {
                socket.descriptor().leave();
            }
            return failed != 0 || size.get(JAVA_INT, 0) < LEAST ? UNKNOWN : read(info);
        } catch (ErrnoException closed) {
            return UNKNOWN;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private static TcpInfo read(MemorySegment info) {
        long sent = info.get(JAVA_LONG, BYTES_SENT)
                - info.get(JAVA_LONG, BYTES_RETRANS)
                + Integer.toUnsignedLong(info.get(JAVA_INT, NOTSENT_BYTES));
        return new TcpInfo(info.get(JAVA_LONG, BYTES_RECEIVED), sent);
    }
}
