package mayfly.machine.kvm.net;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.files.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * A datagram socket of a machine that has no network for datagrams: it can be bound and asked which way a packet would go,
 * as servers do to learn an address of their own, and reaches nobody. Belongs to the machine's thread.
 */
public final class DatagramSocket extends OpenFile implements SocketFile {
    private final Network network;
    private final int family;
    private final long number;
    private final SocketOptions options;
    private SocketAddress local;
    private @Nullable SocketAddress peer;

    DatagramSocket(Network network, int family, int flags, long number, SocketOptions options) {
        super(flags | READ_WRITE);
        this.network = network;
        this.family = family;
        this.number = number;
        this.options = options;
        local = SocketAddress.any(family);
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        DatagramSocket copy =
                new DatagramSocket(copies.of(network, Network::copy), family, flags(), number, options.copy());
        copy.local = local;
        copy.peer = peer;
        return copy;
    }

    public int family() {
        return family;
    }

    /** bind(2) to an address of the machine, or to any port of it; nobody else's packets come there. */
    public long bind(SocketAddress address) {
        if (!address.isUnix() && local.port() != 0) {
            return -Errno.EINVAL;
        }
        if (!address.isUnix() && !address.isWildcard() && !address.isLoopback()) {
            return -Errno.EADDRNOTAVAIL;
        }
        local = !address.isUnix() && address.port() == 0 ? address.withPort(network.freePort()) : address;
        return 0;
    }

    /** connect(2): there is no way but to the machine itself, and of Unix sockets there is none that listens. */
    public long connect(SocketAddress address) {
        if (address.isUnix()) {
            return -Errno.ECONNREFUSED;
        }
        if (!address.isLoopback() && !address.isWildcard()) {
            return -Errno.ENETUNREACH;
        }
        if (local.port() == 0) {
            local = SocketAddress.loopback(family, network.freePort());
        }
        peer = address;
        return 0;
    }

    @Override
    public SocketAddress local() {
        return local;
    }

    @Override
    public @Nullable SocketAddress peer() {
        return peer;
    }

    @Override
    public SocketOptions options() {
        return options;
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        return peer == null ? -Errno.ENOTCONN : 0;
    }

    @Override
    public long read(Transfer to) {
        return -Errno.EAGAIN;
    }

    @Override
    public long write(Transfer from) {
        return peer == null ? -Errno.EDESTADDRREQ : -Errno.ECONNREFUSED;
    }

    @Override
    public int ready() {
        return WRITABLE;
    }

    @Override
    public long status(FileStatus status) {
        status.mode = FileStatus.SOCKET | 0777;
        status.inode = number;
        return 0;
    }

    @Override
    public String name() {
        return "socket:[" + number + "]";
    }
}
