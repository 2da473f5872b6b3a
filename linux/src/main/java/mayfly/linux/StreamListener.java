package mayfly.linux;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A listening stream socket whose connections come as descriptors, to be given to whoever serves them. */
public final class StreamListener implements AutoCloseable {
    // linux/socket.h, linux/in6.h
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int UNIX_PATH_BYTES_MAX = 107;

    private final Descriptor descriptor;
    private final EventFd wake;

    private StreamListener(Descriptor descriptor, EventFd wake) {
        this.descriptor = descriptor;
        this.wake = wake;
    }

    /**
     * Listens on TCP; on the wildcard address of IPv6 for both IP versions.
     *
     * @param port 0 for any that is free
     * @param backlog connections that the kernel keeps while nobody accepts
     * @throws ErrnoException EADDRINUSE, EACCES, EADDRNOTAVAIL
     */
    public static StreamListener tcp(InetAddress host, int port, int backlog) throws ErrnoException {
        int family = host instanceof Inet6Address ? SocketCalls.AF_INET6 : SocketCalls.AF_INET;
        return open(family, address(host, port), backlog, host.getHostAddress() + ":" + port);
    }

    /**
     * Makes a Unix socket at a path where nothing is.
     *
     * @param path at most 107 bytes
     * @throws ErrnoException EADDRINUSE when there is a file, ENAMETOOLONG, EACCES
     */
    public static StreamListener unix(Path path, int backlog) throws ErrnoException {
        return open(SocketCalls.AF_UNIX, address(path), backlog, path.toString());
    }

    /** struct sockaddr_in or sockaddr_in6. */
    public static byte[] address(InetAddress host, int port) {
        byte[] ip = host.getAddress();
        ByteBuffer to = ByteBuffer.allocate(ip.length == 4 ? 16 : 28).order(ByteOrder.LITTLE_ENDIAN);
        to.putShort((short) (ip.length == 4 ? SocketCalls.AF_INET : SocketCalls.AF_INET6));
        to.order(ByteOrder.BIG_ENDIAN).putShort((short) port);
        if (ip.length == 16) {
            to.putInt(0); // flow information
        }
        to.put(ip);
        return to.array();
    }

    /** struct sockaddr_un. */
    public static byte[] address(Path path) throws ErrnoException {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > UNIX_PATH_BYTES_MAX) {
            throw new ErrnoException("bind", Errno.ENAMETOOLONG, path.toString());
        }
        ByteBuffer to = ByteBuffer.allocate(2 + bytes.length + 1).order(ByteOrder.LITTLE_ENDIAN);
        to.putShort((short) SocketCalls.AF_UNIX).put(bytes);
        return to.array();
    }

    private static StreamListener open(int family, byte[] address, int backlog, String name) throws ErrnoException {
        SocketCalls calls = SocketCalls.ofThread();
        int fd = calls.open(family);
        if (fd < 0) {
            throw new ErrnoException("socket", -fd, name);
        }
        Descriptor descriptor = new Descriptor(fd, name);
        try {
            if (family != SocketCalls.AF_UNIX) {
                check("setsockopt", calls.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1), name);
            }
            if (family == SocketCalls.AF_INET6) {
                check("setsockopt", calls.setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0), name);
            }
            check("bind", calls.bind(fd, address), name);
            check("listen", calls.listen(fd, backlog), name);
            return new StreamListener(descriptor, EventFd.open());
        } catch (ErrnoException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void check(String call, int result, String name) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException(call, -result, name);
        }
    }

    /** Where it listens: the port, when any free one was asked for; null for a Unix socket. */
    public @Nullable InetSocketAddress local() {
        byte[] bytes = SocketCalls.ofThread().address(number(), false);
        return inet(bytes);
    }

    /** An address out of a struct sockaddr; null when it is no IP address. */
    public static @Nullable InetSocketAddress inet(byte[] bytes) {
        int family = bytes.length < 2 ? 0 : (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8;
        int ipBytes = family == SocketCalls.AF_INET ? 4 : family == SocketCalls.AF_INET6 ? 16 : 0;
        int at = ipBytes == 4 ? 4 : 8;
        if (ipBytes == 0 || bytes.length < at + ipBytes) {
            return null;
        }
        try {
            InetAddress host = InetAddress.getByAddress(java.util.Arrays.copyOfRange(bytes, at, at + ipBytes));
            return new InetSocketAddress(host, (bytes[2] & 0xFF) << 8 | (bytes[3] & 0xFF));
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private int number() {
        try {
            int fd = descriptor.enter("accept");
            descriptor.leave();
            return fd;
        } catch (ErrnoException closed) {
            return -1;
        }
    }

    /**
     * Waits for a connection; holds a platform thread.
     *
     * @return null when the listener was closed
     * @throws ErrnoException EMFILE, ENFILE, ENOMEM: the connection stays in the queue
     */
    public @Nullable StreamSocket accept() throws ErrnoException {
        int fd;
        int wakeFd;
        try {
            fd = descriptor.enter("accept");
        } catch (ErrnoException closed) {
            return null;
        }
        try {
            wakeFd = wake.descriptor().enter("poll");
        } catch (ErrnoException closed) {
            descriptor.leave();
            return null;
        }
        try {
            while (!descriptor.isClosed()) {
                int got = SocketCalls.ofThread().accept(fd);
                if (got >= 0) {
                    return new StreamSocket(new Descriptor(got, "connection"));
                }
                // accept(2): errors of the connection that was to be taken come here too, and are nobody's here
                if (got == -Errno.EMFILE || got == -Errno.ENFILE || got == -Errno.ENOMEM || got == -Errno.EBADF) {
                    throw new ErrnoException("accept", -got, descriptor.object());
                }
                if (got == -Errno.EAGAIN) {
                    Poll.readable(new int[] {wakeFd, fd}, -1);
                }
            }
            return null;
        } finally {
            wake.descriptor().leave();
            descriptor.leave();
        }
    }

    /** Wakes who accepts, which gets null. A Unix socket's file stays. */
    @Override
    public void close() {
        descriptor.close();
        wake.wake();
        wake.close();
    }
}
