package mayfly.machine.kvm.files;

import org.jspecify.annotations.Nullable;

/** What an open socket can say and do besides what every open file can. */
public interface SocketFile {
    /** Its own address. */
    SocketAddress local();

    /** The other side's; null when it is not connected. */
    @Nullable
    SocketAddress peer();

    /** Whether it waits for connections. */
    default boolean isListening() {
        return false;
    }

    /** shutdown(2); -ENOTCONN when it is not connected. */
    long shutdown(boolean reading, boolean writing);

    /** What was set with setsockopt(2). */
    SocketOptions options();

    /** recv(2) with MSG_PEEK. */
    default long peek(Transfer to) {
        return -mayfly.linux.Errno.EOPNOTSUPP;
    }
}
