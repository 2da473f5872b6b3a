package mayfly.machine.kvm.net;

import mayfly.linux.Errno;
import mayfly.linux.Memory;
import mayfly.linux.StreamSocket;
import mayfly.machine.kvm.files.Copies;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.files.Transfer;

/**
 * A connection of the host in a machine's hands: what the program reads and writes goes straight from and to the host's
 * socket. The program sees no more of it than the bytes and the two addresses. Belongs to the machine's thread.
 */
public final class HostConnection extends ConnectedSocket {
    private static final int AWAITED = READABLE | WRITABLE | READ_HUNG_UP;
    private static final int FOR_GOOD = ERROR | HUNG_UP;
    private static final int SO_ERROR = 4;

    private final Network network;
    private final StreamSocket socket;
    /** Runs when it was cut, or the program has no descriptor of it left. */
    private final Runnable onEnd;

    /** What it was ready for when it was last looked at, less what was used up since. */
    private int known;

    private final TakenBytes taken = new TakenBytes();
    /** Another program has it now. */
    private boolean lost;

    private long received;
    private long sent;
    /** The host took it back; the program's descriptors of it stay. */
    private boolean cut;

    HostConnection(
            Network network,
            StreamSocket socket,
            SocketAddress local,
            SocketAddress peer,
            SocketOptions options,
            long number,
            Runnable onEnd) {
        super(local, peer, options, number);
        this.network = network;
        this.socket = socket;
        this.onEnd = onEnd;
    }

    /** A host's connection is one machine's: forks find theirs broken. */
    @Override
    protected OpenFile duplicate(Copies copies) {
        Network other = copies.of(network, Network::copy);
        return new BrokenConnection(local(), peer(), options().copy(), other.nextNumber());
    }

    /** Which events would be news, in terms of poll(2); 0: none. */
    int awaited() {
        return (known & FOR_GOOD) != 0 ? 0 : AWAITED & ~known;
    }

    StreamSocket socket() {
        return socket;
    }

    /** Bytes that the program read. */
    public long received() {
        return received;
    }

    /** Bytes that the program wrote. */
    public long sent() {
        return sent;
    }

    /** Hangs up on the client, whatever the program still has to say: to the program the connection is reset. */
    public void cut() {
        if (!cut && isOpen()) {
            cut = true;
            known |= FOR_GOOD;
            socket.close();
            network.forget(this);
            changed(READABLE | WRITABLE | READ_HUNG_UP | FOR_GOOD);
            onEnd.run();
        }
    }

    /** What the program reads, to be kept or given back. */
    public TakenBytes taken() {
        return taken;
    }

    /** The program, which is about to be reset, has never had it; gives what it read, for another one. */
    public byte[] takeBack() {
        lost = true;
        return taken.all();
    }

    private long move(Memory memory, long at, int count) {
        return taken.areReturned()
                ? taken.move(memory, at, count)
                : taken.keep(memory, at, socket.read(memory, at, count));
    }

    @Override
    public long read(Transfer to) {
        if (cut) {
            return -Errno.ECONNRESET;
        }
        int wanted = to.remaining();
        long done = to.each(true, (memory, at, count, _) -> move(memory, at, count));
        if (done < wanted) {
            known &= ~READABLE; // what comes next is news
        }
        received += Math.max(0, done);
        return done;
    }

    @Override
    public long peek(Transfer to) {
        if (cut) {
            return -Errno.ECONNRESET;
        }
        int first = to.remaining();
        if (taken.areReturned()) {
            return taken.peek(to);
        }
        return to.each(
                true, (memory, at, count, done) -> done > 0 ? 0 : socket.peek(memory, at, Math.min(first, count)));
    }

    @Override
    public long write(Transfer from) {
        if (cut) {
            return -Errno.EPIPE;
        }
        int wanted = from.remaining();
        long done = from.each(false, (memory, at, count, _) -> socket.write(memory, at, count));
        if (done < wanted) {
            known &= ~WRITABLE;
        }
        sent += Math.max(0, done);
        return done;
    }

    @Override
    public int ready() {
        if (cut) {
            return AWAITED | FOR_GOOD;
        }
        int now = socket.ready(AWAITED) | (taken.areReturned() ? READABLE : 0);
        int news = now & ~known;
        if (news != 0) {
            changed(news);
        }
        known = now;
        return now;
    }

    /** connect(2): 0, or a negative errno. */
    long connect(SocketAddress to) {
        known = 0;
        long result = cut ? -Errno.ECONNRESET : socket.connectTo(to.bytes());
        if (result == 0 || result == -Errno.EISCONN) {
            apply();
        }
        return result;
    }

    /** Obeys what was set before it was connected. */
    private void apply() {
        for (int option : new int[] {SocketOptions.NO_DELAY, SocketOptions.CORK}) {
            if (options().isOn(SocketOptions.TCP, option)) {
                apply(SocketOptions.TCP, option, 1);
            }
        }
    }

    /** SO_ERROR: an errno, which is told once, or 0. */
    int error() {
        return cut ? 0 : (int) Math.max(0, socket.option(SocketOptions.SOCKET, SO_ERROR));
    }

    @Override
    public long available() {
        return cut ? 0 : taken.available() + socket.available();
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        return cut ? -Errno.ENOTCONN : socket.shutdown(reading && writing ? 2 : reading ? 0 : 1);
    }

    /** Obeyed: TCP_NODELAY and TCP_CORK. */
    public void apply(int level, int option, int value) {
        if (!cut && level == SocketOptions.TCP && (option == SocketOptions.NO_DELAY || option == SocketOptions.CORK)) {
            var _ = socket.setOption(level, option, value); // a Unix socket has no such delay
        }
    }

    @Override
    protected void close() {
        if (lost) {
            network.forget(this);
            return;
        }
        socket.close();
        network.forget(this);
        if (!cut) {
            onEnd.run();
        }
    }
}
