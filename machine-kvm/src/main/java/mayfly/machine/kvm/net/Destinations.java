package mayfly.machine.kvm.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import mayfly.machine.Reach.Destination;
import mayfly.machine.kvm.files.SocketAddress;

/**
 * To where the machines of a template may open connections. Names are resolved once, on the host, when this is made, and
 * stand in the machines' /etc/hosts: so every program finds them (glibc, musl and Go all read that file first), without a
 * resolver that programs could send other questions to, and a name that changes its address cannot lead anywhere else.
 * Safe for concurrent use.
 */
public final class Destinations {
    /** Connections of one machine. */
    static final int PER_MACHINE_MAX = 256;
    /** Connections of all machines together. */
    private static final int TOGETHER_MAX = 2_048;

    private static final int ADDRESSES_PER_NAME_MAX = 16;

    private record Place(InetAddress address, int port) {}

    private final Set<Place> places;
    private final Map<String, Set<InetAddress>> names;
    private final Semaphore free = new Semaphore(TOGETHER_MAX);

    private Destinations(Set<Place> places, Map<String, Set<InetAddress>> names) {
        this.places = places;
        this.names = names;
    }

    /** Nowhere. */
    public static Destinations none() {
        return new Destinations(Set.of(), Map.of());
    }

    /** Finds the addresses of a name. */
    @FunctionalInterface
    public interface Resolver {
        InetAddress[] resolve(String name) throws UnknownHostException;
    }

    /** A destination has no address, or one that it must not have. */
    public static final class UnreachableException extends Exception {
        private static final long serialVersionUID = 1;

        UnreachableException(String message) {
            super(message);
        }
    }

    /**
     * What was allowed. A name leads neither to the host itself nor to its link: whoever owns the name does not own those
     * (they have to be allowed by their addresses; localhost is one that everybody knows).
     *
     * @throws UnreachableException which of them, and why, for people
     */
    public static Destinations of(List<Destination> allowed, Resolver resolver) throws UnreachableException {
        Set<Place> places = new LinkedHashSet<>();
        Map<String, Set<InetAddress>> names = new LinkedHashMap<>();
        for (Destination each : allowed) {
            for (InetAddress address : addresses(each.host(), resolver)) {
                places.add(new Place(address, each.port()));
                if (!isLiteral(each.host()) && !isLocalhost(each.host())) {
                    names.computeIfAbsent(each.host(), _ -> new LinkedHashSet<>())
                            .add(address);
                }
            }
        }
        return new Destinations(places, names);
    }

    private static List<InetAddress> addresses(String host, Resolver resolver) throws UnreachableException {
        List<InetAddress> found;
        try {
            if (isLocalhost(host)) {
                found = List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"));
            } else {
                found = isLiteral(host) ? List.of(InetAddress.ofLiteral(host)) : List.of(resolver.resolve(host));
            }
        } catch (UnknownHostException e) {
            throw new UnreachableException("the host does not know the name " + host);
        }
        List<InetAddress> usable = new ArrayList<>();
        for (InetAddress address : found.subList(0, Math.min(found.size(), ADDRESSES_PER_NAME_MAX))) {
            refuse(host, address, InetAddress::isAnyLocalAddress, "stands for every address");
            refuse(host, address, InetAddress::isMulticastAddress, "is a group's");
            if (!isLiteral(host) && !isLocalhost(host)) {
                refuse(host, address, InetAddress::isLoopbackAddress, "is the host's own; allow it by its address");
                refuse(host, address, InetAddress::isLinkLocalAddress, "is the link's; allow it by its address");
            }
            usable.add(address);
        }
        return usable;
    }

    private static void refuse(String host, InetAddress address, Predicate<InetAddress> is, String why)
            throws UnreachableException {
        if (is.test(address)) {
            String of = isLiteral(host) ? "" : ", which " + host + " resolves to,";
            throw new UnreachableException("the address " + address.getHostAddress() + of + " " + why);
        }
    }

    private static boolean isLocalhost(String host) {
        return host.toLowerCase(Locale.ROOT).equals("localhost");
    }

    private static boolean isLiteral(String host) {
        try {
            var _ = InetAddress.ofLiteral(host);
            return true;
        } catch (IllegalArgumentException name) {
            return false;
        }
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return places.isEmpty();
    }

    /** Lines for /etc/hosts. */
    public String hosts() {
        StringBuilder lines = new StringBuilder();
        names.forEach((name, addresses) -> addresses.forEach(address ->
                lines.append(address.getHostAddress()).append(' ').append(name).append('\n')));
        return lines.toString();
    }

    /** All of it, in one order: what a template's state depends on. */
    public List<String> text() {
        Set<String> all = new TreeSet<>();
        places.forEach(place -> all.add(place.address().getHostAddress() + " " + place.port()));
        names.forEach((name, addresses) -> addresses.forEach(each -> all.add(name + " " + each.getHostAddress())));
        return List.copyOf(all);
    }

    /** Whether an address may be connected to. One of IPv4 is the same in IPv6's clothes. */
    boolean permits(SocketAddress address) {
        return !places.isEmpty() && places.contains(new Place(address.inet(), address.port()));
    }

    /** Takes one of the connections that all machines may have; false: there are too many. */
    boolean enter() {
        return free.tryAcquire();
    }

    void leave() {
        free.release();
    }
}
