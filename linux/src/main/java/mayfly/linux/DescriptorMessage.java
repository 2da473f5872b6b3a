package mayfly.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/** Bytes over a Unix socket that bring an open socket along: the other process gets a copy of it. */
public final class DescriptorMessage {
    /** struct iovec, linux/uio.h. */
    static final StructLayout IOVEC = MemoryLayout.structLayout(
                    ADDRESS.withName("iov_base"), JAVA_LONG.withName("iov_len"))
            .withName("iovec");
    /** struct msghdr, as libc has it. */
    static final StructLayout MSGHDR = MemoryLayout.structLayout(
                    ADDRESS.withName("msg_name"),
                    JAVA_INT.withName("msg_namelen"),
                    MemoryLayout.paddingLayout(4),
                    ADDRESS.withName("msg_iov"),
                    JAVA_LONG.withName("msg_iovlen"),
                    ADDRESS.withName("msg_control"),
                    JAVA_LONG.withName("msg_controllen"),
                    JAVA_INT.withName("msg_flags"),
                    MemoryLayout.paddingLayout(4))
            .withName("msghdr");
    /** struct cmsghdr, linux/socket.h. */
    static final StructLayout CMSGHDR = MemoryLayout.structLayout(
                    JAVA_LONG.withName("cmsg_len"), JAVA_INT.withName("cmsg_level"), JAVA_INT.withName("cmsg_type"))
            .withName("cmsghdr");

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final MethodHandle SENDMSG =
            Libc.function("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

    private DescriptorMessage() {}

    /**
     * Sends without waiting.
     *
     * @param through a connected Unix socket
     * @param carried stays open here
     * @throws ErrnoException EPIPE, ECONNRESET: nobody is there; EAGAIN: there is no room; EBADF: one of them is closed
     */
    public static void send(StreamSocket through, byte[] bytes, StreamSocket carried) throws ErrnoException {
        int to = through.descriptor().enter("sendmsg");
        try {
            int fd = carried.descriptor().enter("sendmsg");
            try {
                send(to, bytes, fd);
            } finally {
                carried.descriptor().leave();
            }
        } finally {
            through.descriptor().leave();
        }
    }

    private static void send(int to, byte[] bytes, int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment part = arena.allocate(IOVEC);
            part.set(ADDRESS, at(IOVEC, "iov_base"), arena.allocateFrom(JAVA_BYTE, bytes));
            part.set(JAVA_LONG, at(IOVEC, "iov_len"), bytes.length);
            long headed = CMSGHDR.byteSize() + JAVA_INT.byteSize();
            MemorySegment control = arena.allocate(CMSGHDR.byteSize() + JAVA_LONG.byteSize(), 8); // CMSG_SPACE
            control.set(JAVA_LONG, at(CMSGHDR, "cmsg_len"), headed);
            control.set(JAVA_INT, at(CMSGHDR, "cmsg_level"), SOL_SOCKET);
            control.set(JAVA_INT, at(CMSGHDR, "cmsg_type"), SCM_RIGHTS);
            control.set(JAVA_INT, CMSGHDR.byteSize(), fd);
            MemorySegment message = arena.allocate(MSGHDR);
            message.set(ADDRESS, at(MSGHDR, "msg_iov"), part);
            message.set(JAVA_LONG, at(MSGHDR, "msg_iovlen"), 1);
            message.set(ADDRESS, at(MSGHDR, "msg_control"), control);
            message.set(JAVA_LONG, at(MSGHDR, "msg_controllen"), control.byteSize());
            MemorySegment errno = Libc.captured(arena);
            int flags = SocketCalls.MSG_DONTWAIT | SocketCalls.MSG_NOSIGNAL;
            long sent = (long) SENDMSG.invokeExact(errno, to, message, flags);
            if (sent != bytes.length) {
                throw new ErrnoException("sendmsg", sent < 0 ? Libc.errno(errno) : Errno.EAGAIN, "a descriptor");
            }
        } catch (ErrnoException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.broken(t);
        }
    }

    private static long at(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }
}
