package mayfly.machine.kvm.net;

import java.util.ArrayDeque;
import java.util.Deque;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.KernelMemory;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SavedSocket;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * A stream socket that socket(2) made: new, bound, listening, or connected to a listener of the same machine or to an
 * allowed address elsewhere. What is accepted is an open file of its own. Belongs to the machine's thread.
 */
public final class GuestSocket extends OpenFile implements SocketFile, SavedSocket {
    private static final int BACKLOG_MAX = 4096;
    private static final int KEY_BYTES_MAX = 512;

    private final Network network;
    private final int family;
    private final long number;
    private final SocketOptions options;
    private SocketAddress local;
    /** By what a Unix socket is found. */
    private String key = "";

    private boolean bound;
    /** Which of the network's sockets that were bound it is. */
    private int order;

    private boolean listening;
    private int backlog;
    /** Connections that nobody accepted yet. */
    private final Deque<OpenFile> pending = new ArrayDeque<>();
    /** The stream that it is an end of: within the machine, or the host's, connected or on its way. */
    private @Nullable OpenFile connected;
    /** The stream is the host's and could not be connected; the next connect(2) begins another one. */
    private boolean failed;

    GuestSocket(Network network, int family, int flags, long number, SocketOptions options) {
        super(flags | READ_WRITE);
        this.network = network;
        this.family = family;
        this.number = number;
        this.options = options;
        local = SocketAddress.any(family);
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        Network other = copies.of(network, Network::copy);
        GuestSocket copy = new GuestSocket(other, family, flags(), number, options.copy());
        copy.local = local;
        copy.key = key;
        copy.bound = bound;
        copy.order = order;
        copy.listening = listening;
        copy.backlog = backlog;
        for (OpenFile each : pending) {
            copy.pending.add(copies.of(each));
        }
        OpenFile stream = connected;
        copy.connected = stream == null ? null : copies.of(stream);
        copy.failed = failed;
        if (bound) {
            other.take(copy);
        }
        return copy;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        if (connected instanceof SocketEnd) {
            throw new UnsavableException(name() + ", which is connected to a listener of the same program");
        }
        if (!pending.isEmpty()) {
            throw new UnsavableException(name() + " with a connection that was not accepted yet");
        }
        out.number(family);
        out.number(number);
        options.save(out);
        out.flag(bound);
        if (bound) {
            local.save(out);
            out.text(key);
            out.number(order);
            out.number(listening ? backlog : 0);
        }
        out.flag(connected != null);
        if (connected instanceof ConnectedSocket broken) { // one of the host's has no copy that is connected
            broken.local().save(out);
            broken.peer().save(out);
        }
    }

    static GuestSocket load(StateIn in, int flags, Network network) throws DamagedException {
        int family = in.number(SocketAddress.UNIX, SocketAddress.IPV6, "a socket's family");
        in.require(
                family == SocketAddress.UNIX || family == SocketAddress.IPV4 || family == SocketAddress.IPV6,
                "a socket of no known family");
        GuestSocket socket = new GuestSocket(network, family, flags, in.longNumber(), SocketOptions.load(in));
        socket.bound = in.flag();
        if (socket.bound) {
            socket.local = SocketAddress.load(in);
            in.require(socket.local.family() == family, "a socket with an address of another family");
            socket.key = in.text(KEY_BYTES_MAX, "a socket's name");
            socket.order = in.number(0, Integer.MAX_VALUE, "a bound socket's place");
            socket.backlog = in.number(0, BACKLOG_MAX, "a backlog");
            socket.listening = socket.backlog > 0;
            network.take(socket);
        }
        if (in.flag()) {
            SocketAddress own = SocketAddress.load(in);
            socket.connected =
                    new BrokenConnection(own, SocketAddress.load(in), socket.options.copy(), network.nextNumber());
        }
        return socket;
    }

    public int family() {
        return family;
    }

    public boolean isBound() {
        return bound;
    }

    @Override
    public boolean isListening() {
        return listening;
    }

    @Override
    public SocketAddress local() {
        return connected instanceof SocketFile stream ? stream.local() : local;
    }

    @Override
    public @Nullable SocketAddress peer() {
        return connected instanceof SocketFile stream ? stream.peer() : null;
    }

    @Override
    public SocketOptions options() {
        return options;
    }

    int order() {
        return order;
    }

    String key() {
        return key;
    }

    /**
     * bind(2) of an address of its family that is the machine's.
     *
     * @param newKey by what a Unix socket is found
     */
    public long bind(SocketAddress address, String newKey) {
        if (bound || connected != null) {
            return -Errno.EINVAL;
        }
        SocketAddress free = network.free(this, address);
        if (free == null) {
            return -Errno.EADDRINUSE;
        }
        local = free;
        key = newKey;
        bound = true;
        order = network.nextBind();
        network.take(this);
        return 0;
    }

    /** listen(2). */
    public long listen(int most) {
        if (connected != null) {
            return -Errno.EINVAL;
        }
        if (!bound) {
            if (family == SocketAddress.UNIX) {
                return -Errno.EINVAL;
            }
            long refused = bind(SocketAddress.any(family), "");
            if (refused != 0) {
                return refused;
            }
        }
        listening = true;
        backlog = Math.clamp(most, 1, BACKLOG_MAX);
        return 0;
    }

    /** Whether one more connection would be taken. */
    boolean hasRoom() {
        return listening && pending.size() < backlog;
    }

    /** A connection for whoever accepts next. */
    void offer(OpenFile connection) {
        pending.add(connection);
        changed(READABLE);
    }

    /** The connection that was offered first; null when there is none. {@link #accepted} is to follow. */
    public @Nullable OpenFile first() {
        network.look();
        return pending.peek();
    }

    /** What {@link #first} gave has a descriptor now. */
    public void accepted() {
        pending.remove();
    }

    /** connect(2): -EINPROGRESS and -EALREADY say that it is under way. */
    public long connect(SocketAddress address, String othersKey, KernelMemory memory) {
        if (connected instanceof ConnectedSocket && !failed) {
            return connected instanceof HostConnection begun ? goOn(begun) : -Errno.EISCONN;
        }
        if (connected instanceof SocketEnd) {
            return -Errno.EISCONN;
        }
        if (listening) {
            return -Errno.EINVAL;
        }
        GuestSocket listener = network.listener(address, othersKey);
        if (listener == null && !address.isUnix() && network.mayReach(address)) {
            return begin(address);
        }
        if (listener == null) {
            return address.isUnix() || address.isWildcard() || address.isLoopback()
                    ? -Errno.ECONNREFUSED
                    : -Errno.ENETUNREACH;
        }
        return join(listener, address, memory);
    }

    private long begin(SocketAddress address) {
        if (family == SocketAddress.IPV6
                && options.isOn(SocketOptions.IPV6, SocketOptions.V6_ONLY)
                && address.canonical().family() != SocketAddress.IPV6) {
            return -Errno.ENETUNREACH;
        }
        SocketAddress own = bound ? local : SocketAddress.loopback(family, network.freePort());
        HostConnection begun = network.outgoing(address, own, options);
        if (begun == null) {
            return -Errno.EADDRNOTAVAIL; // as when all ports are in use
        }
        hangUp();
        connected = begun;
        failed = false;
        changed(READABLE | WRITABLE | HUNG_UP);
        return goOn(begun);
    }

    private long goOn(HostConnection begun) {
        long result = begun.connect(begun.peer().canonical());
        failed = switch ((int) -result) {
            case 0, Errno.EINPROGRESS, Errno.EALREADY, Errno.EISCONN, Errno.EINTR -> false;
            default -> true;
        };
        return result;
    }

    /** SO_ERROR: an errno, which is told once, or 0. */
    public int error() {
        int error = connected instanceof HostConnection stream ? stream.error() : 0;
        failed |= error != 0;
        return error;
    }

    /** The host's connection that it stands for; null: none. */
    public @Nullable HostConnection outside() {
        return connected instanceof HostConnection stream ? stream : null;
    }

    private long join(GuestSocket listener, SocketAddress address, KernelMemory memory) {
        if (!listener.hasRoom()) {
            return -Errno.EAGAIN;
        }
        SocketEnd.Pair pair = SocketEnd.open(flags() & NON_BLOCKING, network.nextPair(), memory);
        if (pair == null) {
            return -Errno.ENOMEM;
        }
        if (!bound && family != SocketAddress.UNIX) {
            local = SocketAddress.loopback(family, network.freePort());
        }
        pair.first().name(local, address);
        pair.second().name(listener.local.isUnix() ? listener.local : address, local);
        hangUp();
        connected = pair.first();
        listener.offer(pair.second());
        changed(WRITABLE);
        return 0;
    }

    @Override
    public long read(Transfer to) {
        OpenFile stream = connected;
        return stream == null ? -Errno.ENOTCONN : stream.read(to);
    }

    @Override
    public long write(Transfer from) {
        OpenFile stream = connected;
        return stream == null ? (family == SocketAddress.UNIX ? -Errno.ENOTCONN : -Errno.EPIPE) : stream.write(from);
    }

    @Override
    public long available() {
        OpenFile stream = connected;
        return stream == null ? (listening ? -Errno.EINVAL : 0) : stream.available();
    }

    @Override
    public int ready() {
        OpenFile stream = connected;
        if (stream != null) {
            return stream.ready();
        } else if (listening) {
            network.look();
            return pending.isEmpty() ? 0 : READABLE;
        }
        return WRITABLE | HUNG_UP; // as Linux has it for a socket that is nothing yet
    }

    @Override
    public int changes(int bits) {
        OpenFile stream = connected;
        return super.changes(bits) + (stream == null ? 0 : stream.changes(bits));
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        OpenFile stream = connected;
        if (stream instanceof SocketFile socket) {
            return socket.shutdown(reading, writing);
        } else if (!listening) {
            return -Errno.ENOTCONN;
        }
        if (reading) {
            stop();
        }
        return 0;
    }

    private void stop() {
        listening = false;
        pending.forEach(OpenFile::release);
        pending.clear();
    }

    @Override
    protected void close() {
        stop();
        network.leave(this);
        hangUp();
    }

    private void hangUp() {
        OpenFile stream = connected;
        connected = null;
        if (stream != null) {
            stream.release();
        }
    }

    @Override
    public long peek(Transfer to) {
        return connected instanceof SocketFile stream ? stream.peek(to) : -Errno.ENOTCONN;
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
