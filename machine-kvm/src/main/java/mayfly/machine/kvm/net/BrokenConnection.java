package mayfly.machine.kvm.net;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.files.Transfer;

/** What a fork has in the place of a connection of the host, which is its origin's alone. */
final class BrokenConnection extends ConnectedSocket {
    private final long number;

    BrokenConnection(SocketAddress local, SocketAddress peer, SocketOptions options, long number) {
        super(local, peer, options, number);
        this.number = number;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new BrokenConnection(local(), peer(), options().copy(), number);
    }

    @Override
    public long read(Transfer to) {
        return -Errno.ECONNRESET;
    }

    @Override
    public long write(Transfer from) {
        return -Errno.EPIPE;
    }

    @Override
    public int ready() {
        return READABLE | WRITABLE | ERROR | HUNG_UP;
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        return -Errno.ENOTCONN;
    }
}
