package mayfly.machine.kvm.net;

import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;

/** A socket that is connected from its beginning to its end: what it says of itself. */
abstract class ConnectedSocket extends OpenFile implements SocketFile {
    private final SocketAddress local;
    private final SocketAddress peer;
    private final SocketOptions options;
    private final long number;

    /** @param number its inode */
    ConnectedSocket(SocketAddress local, SocketAddress peer, SocketOptions options, long number) {
        super(READ_WRITE);
        this.local = local;
        this.peer = peer;
        this.options = options;
        this.number = number;
    }

    @Override
    public final SocketAddress local() {
        return local;
    }

    @Override
    public final SocketAddress peer() {
        return peer;
    }

    @Override
    public final SocketOptions options() {
        return options;
    }

    @Override
    public final long status(FileStatus status) {
        status.mode = FileStatus.SOCKET | 0777;
        status.inode = number;
        return 0;
    }

    @Override
    public final String name() {
        return "socket:[" + number + "]";
    }
}
