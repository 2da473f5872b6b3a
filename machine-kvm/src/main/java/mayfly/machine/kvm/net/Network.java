package mayfly.machine.kvm.net;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import mayfly.linux.ErrnoException;
import mayfly.linux.SocketPoll;
import mayfly.linux.StreamSocket;
import mayfly.machine.kvm.files.KernelMemory;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * A machine's own network. It has a loopback on which the program's sockets find each other, the connections that the host
 * offers to its listeners, and those that the program opens to allowed {@link Destinations}; nothing else. Belongs to the
 * machine's thread.
 */
public final class Network {
    private static final int REFUSALS_MAX = 16;
    private static final int FIRST_FREE_PORT = 32_768;
    private static final int PORTS = 28_232;
    /** Inode numbers of sockets: apart from those of pipes. */
    private static final long FIRST_NUMBER = 1L << 40;

    private final boolean allowed;
    private final List<GuestSocket> bound = new ArrayList<>();
    private final List<HostConnection> connections = new ArrayList<>();
    private Destinations destinations = Destinations.none();
    private Consumer<String> refused = _ -> {};
    private final Set<String> refusals = new HashSet<>();
    private int outgoing;
    private int ports;
    private long numbers;
    private int binds;
    private int looks;

    private Network(boolean allowed) {
        this.allowed = allowed;
    }

    /** No sockets can be made but connected pairs: for programs that serve no connections. */
    public static Network none() {
        return new Network(false);
    }

    /** For servers. */
    public static Network loopback() {
        return new Network(true);
    }

    /** Whether sockets can be made. */
    public boolean isAllowed() {
        return allowed;
    }

    /** A fork's, without sockets: those that are bound enter it as they are copied. */
    public Network copy() {
        Network copy = new Network(allowed);
        copy.ports = ports;
        copy.numbers = numbers;
        copy.binds = binds;
        copy.destinations = destinations;
        return copy;
    }

    /** Takes it down without its sockets. */
    public void save(StateOut out) throws UnsavableException {
        out.flag(allowed);
        out.number(ports);
        out.number(numbers);
        out.number(binds);
    }

    /** One that was saved; sockets enter it as they are loaded. */
    public static Network load(StateIn in) throws DamagedException {
        Network network = new Network(in.flag());
        network.ports = in.number(0, PORTS - 1, "a port");
        network.numbers = in.size("a socket's number");
        network.binds = in.number(0, Integer.MAX_VALUE, "bound sockets");
        return network;
    }

    /** A socket of this network that was saved. */
    public OpenFile load(StateIn in, int flags) throws DamagedException {
        in.require(allowed, "a socket of a program that has no network");
        return GuestSocket.load(in, flags, this);
    }

    /** A new socket of a family. */
    public GuestSocket socket(int family, int flags) {
        return new GuestSocket(this, family, flags, nextNumber(), new SocketOptions());
    }

    /** A new one for datagrams. */
    public DatagramSocket datagrams(int family, int flags) {
        return new DatagramSocket(this, family, flags, nextNumber(), new SocketOptions());
    }

    long nextNumber() {
        return FIRST_NUMBER + numbers++;
    }

    /** For the two ends of a connection within the machine: the first's, before the second's. */
    long nextPair() {
        long first = nextNumber();
        numbers++;
        return first;
    }

    // ---- addresses ----

    /** The address with a port, if a socket may be bound to it; null: it is in use. */
    @Nullable
    SocketAddress free(GuestSocket socket, SocketAddress address) {
        if (address.isUnix()) {
            return find(address.name()) == null ? address : null; // of a file: it was made for this one
        }
        if (address.port() == 0) {
            for (int tries = 0; tries < PORTS; tries++) {
                SocketAddress candidate = address.withPort(freePort());
                if (isFree(socket, candidate)) {
                    return candidate;
                }
            }
            return null;
        }
        return isFree(socket, address) ? address : null;
    }

    private boolean isFree(GuestSocket socket, SocketAddress address) {
        for (GuestSocket other : bound) {
            if (!other.local().isUnix() && other.local().port() == address.port() && meet(socket, address, other)) {
                return false;
            }
        }
        return true;
    }

    /** Whether two sockets of the same port would get the same connections, and one of them does not allow it. */
    private static boolean meet(GuestSocket socket, SocketAddress address, GuestSocket other) {
        SocketAddress taken = other.local();
        if (address.family() != taken.family()) {
            GuestSocket six = address.family() == SocketAddress.IPV6 ? socket : other;
            SocketAddress sixAddress = address.family() == SocketAddress.IPV6 ? address : taken;
            if (!sixAddress.isWildcard() || six.options().isOn(SocketOptions.IPV6, SocketOptions.V6_ONLY)) {
                return false;
            }
        } else if (!address.equals(taken) && !address.isWildcard() && !taken.isWildcard()) {
            return false;
        }
        if (both(socket, other, SocketOptions.REUSE_PORT)) {
            return false;
        }
        return other.isListening() || !both(socket, other, SocketOptions.REUSE_ADDRESS);
    }

    private static boolean both(GuestSocket one, GuestSocket other, int option) {
        return one.options().isOn(SocketOptions.SOCKET, option)
                && other.options().isOn(SocketOptions.SOCKET, option);
    }

    int freePort() {
        int port = FIRST_FREE_PORT + ports;
        ports = (ports + 1) % PORTS;
        return port;
    }

    /** A place in the order in which sockets are bound. */
    int nextBind() {
        return binds++;
    }

    /** Enters a bound socket behind those that were bound before it: those of a copy come in the order of descriptors. */
    void take(GuestSocket socket) {
        int at = bound.size();
        while (at > 0 && bound.get(at - 1).order() > socket.order()) {
            at--;
        }
        bound.add(at, socket);
    }

    void leave(GuestSocket socket) {
        bound.removeIf(each -> each.equals(socket));
    }

    private @Nullable GuestSocket find(String key) {
        for (GuestSocket each : bound) {
            if (each.local().isUnix() && each.key().equals(key)) {
                return each;
            }
        }
        return null;
    }

    /** Who takes connections to an address of the machine; null: nobody. */
    @Nullable
    GuestSocket listener(SocketAddress address, String key) {
        if (address.isUnix()) {
            GuestSocket found = find(key);
            return found != null && found.isListening() ? found : null;
        }
        return listening(address.port());
    }

    private @Nullable GuestSocket listening(int port) {
        for (GuestSocket each : bound) {
            if (each.isListening() && !each.local().isUnix() && each.local().port() == port) {
                return each;
            }
        }
        return null;
    }

    /** Where the program takes connections, in the order in which it bound them. */
    public List<SocketAddress> listeners() {
        return bound.stream()
                .filter(GuestSocket::isListening)
                .map(GuestSocket::local)
                .toList();
    }

    /** A connection of ours to one of the program's listeners, within the machine; null: it takes none. */
    public @Nullable SocketEnd connect(SocketAddress address, KernelMemory memory) {
        GuestSocket listener = at(address);
        SocketEnd.Pair pair = listener == null || !listener.hasRoom() ? null : SocketEnd.open(0, nextPair(), memory);
        if (listener == null || pair == null) {
            return null;
        }
        SocketAddress own = own(listener);
        SocketAddress from = own.isUnix() ? SocketAddress.UNNAMED : SocketAddress.loopback(own.family(), freePort());
        pair.first().name(from, own);
        pair.second().name(own, from);
        listener.offer(pair.second());
        return pair.first();
    }

    private @Nullable GuestSocket at(SocketAddress address) {
        for (GuestSocket each : bound) {
            if (each.isListening() && each.local().equals(address)) {
                return each;
            }
        }
        return null;
    }

    // ---- the host's connections ----

    /**
     * Gives a connection to one of the program's listeners; it then belongs to the program.
     *
     * @param address one of {@link #listeners}
     * @param onEnd runs when it was cut, or the program has no descriptor of it left
     * @return null when nobody listens there or the queue is full; the connection stays the caller's
     */
    public @Nullable HostConnection offer(StreamSocket socket, SocketAddress address, Runnable onEnd) {
        GuestSocket listener = at(address);
        if (listener == null || !listener.hasRoom()) {
            return null;
        }
        HostConnection connection = new HostConnection(
                this,
                socket,
                own(listener),
                peer(listener, socket),
                listener.options().copy(),
                nextNumber(),
                onEnd);
        connections.add(connection);
        listener.offer(connection);
        return connection;
    }

    /** The address that the program's end of an accepted connection has. */
    private static SocketAddress own(GuestSocket listener) {
        SocketAddress at = listener.local();
        return !at.isUnix() && at.isWildcard() ? SocketAddress.loopback(at.family(), at.port()) : at;
    }

    private static SocketAddress peer(GuestSocket listener, StreamSocket socket) {
        int family = listener.family();
        SocketAddress real = SocketAddress.of(socket.address(true));
        if (real != null && real.family() == family) {
            return real;
        }
        return family == SocketAddress.UNIX ? SocketAddress.UNNAMED : SocketAddress.loopback(family, FIRST_FREE_PORT);
    }

    /** There is nothing to wait for any more; its program may not have noticed. */
    void forget(HostConnection connection) {
        connections.removeIf(each -> each.equals(connection));
    }

    // ---- connections to elsewhere ----

    /** Lets the program connect to other hosts, and says to whom it may not. */
    public void reach(Destinations allowed) {
        destinations = allowed;
    }

    /**
     * Takes what is said of connections that were refused: an address each, and each once.
     *
     * @param to until the next call
     */
    public void onRefusal(Consumer<String> to) {
        refused = to;
    }

    /** Whether an address that is not of this machine may be connected to; if not, that is said. */
    boolean mayReach(SocketAddress address) {
        boolean may = destinations.permits(address);
        if (!may && refusals.size() < REFUSALS_MAX) {
            String place = address.inet().getHostAddress();
            String text = (place.indexOf(':') < 0 ? place : "[" + place + "]") + ":" + address.port();
            if (refusals.add(text)) {
                refused.accept(text);
            }
        }
        return may;
    }

    /** A connection to an allowed address, not begun; null: there are too many. */
    @Nullable
    HostConnection outgoing(SocketAddress to, SocketAddress local, SocketOptions options) {
        if (outgoing >= Destinations.PER_MACHINE_MAX || !destinations.enter()) {
            return null;
        }
        Destinations entered = destinations;
        try {
            StreamSocket socket = StreamSocket.unconnected(to.canonical().family() == SocketAddress.IPV6);
            outgoing++;
            HostConnection connection = new HostConnection(this, socket, local, to, options, nextNumber(), () -> {
                outgoing--;
                entered.leave();
            });
            connections.add(connection);
            return connection;
        } catch (ErrnoException e) {
            entered.leave();
            return null;
        }
    }

    /** The program is frozen: its connections of the host end, and its forks find them reset. How many there were. */
    public int cutAll() {
        List<HostConnection> open = List.copyOf(connections);
        open.forEach(HostConnection::cut);
        return open.size();
    }

    /** Whether there are connections of the host to wait for. */
    public boolean hasConnections() {
        return !connections.isEmpty();
    }

    /** Waits until something happens to a connection of the host, or so long, or until woken. */
    public void await(SocketPoll poll, long nanos) {
        for (HostConnection each : connections) {
            int events = each.awaited();
            if (events != 0) {
                poll.add(each.socket(), events);
            }
        }
        poll.await(nanos);
        for (HostConnection each : connections) {
            var _ = each.ready(); // or what nobody in the machine looks at would end every wait at once
        }
    }

    // ---- the waiting point ----

    /** A listener was asked whether there is a connection. */
    void look() {
        looks++;
    }

    /** How often listeners were asked: a program that waits and asked meanwhile waits for connections. */
    public int looks() {
        return looks;
    }

    /** Closes what came in and nobody took; to be called with the program's descriptors closed. */
    public void close() {
        for (HostConnection each : List.copyOf(connections)) {
            ((OpenFile) each).release();
        }
    }
}
