package mayfly.machine.kvm.files;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** A struct sockaddr of a stream socket: IPv4, IPv6, or a name in the file system or out of it. */
public final class SocketAddress {
    // linux/socket.h
    public static final int UNIX = 1;
    public static final int IPV4 = 2;
    public static final int IPV6 = 10;

    /** The largest that a program may give: struct sockaddr_storage. */
    public static final int BYTES_MAX = 128;

    private static final int IPV4_BYTES = 16;
    private static final int IPV6_BYTES = 28;
    private static final int UNIX_BYTES_MAX = 110;
    /** A Unix socket that was not bound. */
    public static final SocketAddress UNNAMED = new SocketAddress(new byte[] {UNIX, 0});

    private final byte[] bytes;

    private SocketAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /** What the bytes say; null when they are no address of these families, or too short for theirs. */
    public static @Nullable SocketAddress of(byte[] bytes) {
        int family = bytes.length < 2 ? 0 : (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8;
        return switch (family) {
            case IPV4 -> bytes.length < IPV4_BYTES ? null : new SocketAddress(Arrays.copyOf(bytes, IPV4_BYTES));
            case IPV6 -> bytes.length < IPV6_BYTES - 4 ? null : new SocketAddress(Arrays.copyOf(bytes, IPV6_BYTES));
            case UNIX -> bytes.length > UNIX_BYTES_MAX ? null : new SocketAddress(bytes.clone());
            default -> null;
        };
    }

    /** Takes it down for {@link #load}. */
    public void save(StateOut out) throws UnsavableException {
        out.block(bytes);
    }

    public static SocketAddress load(StateIn in) throws DamagedException {
        byte[] bytes = in.block(BYTES_MAX, "a socket's address");
        SocketAddress address = of(bytes);
        if (address == null || address.bytes.length != bytes.length) {
            throw new DamagedException("an address that no socket has");
        }
        return address;
    }

    /** The wildcard address of an IP family, port 0; of Unix sockets, no name. */
    public static SocketAddress any(int family) {
        if (family == UNIX) {
            return UNNAMED;
        }
        byte[] bytes = new byte[family == IPV4 ? IPV4_BYTES : IPV6_BYTES];
        bytes[0] = (byte) family;
        return new SocketAddress(bytes);
    }

    /** This machine's own address of an IP family. */
    public static SocketAddress loopback(int family, int port) {
        byte[] bytes = any(family).bytes;
        if (family == IPV4) {
            bytes[4] = 127;
            bytes[7] = 1;
        } else {
            bytes[23] = 1;
        }
        return new SocketAddress(bytes).withPort(port);
    }

    /** As the program sees it; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    public int family() {
        return bytes[0];
    }

    public boolean isUnix() {
        return family() == UNIX;
    }

    /** Of an IP address. */
    public int port() {
        return (bytes[2] & 0xFF) << 8 | (bytes[3] & 0xFF);
    }

    public SocketAddress withPort(int port) {
        byte[] other = bytes.clone();
        other[2] = (byte) (port >> 8);
        other[3] = (byte) port;
        return new SocketAddress(other);
    }

    private byte[] ip() {
        return family() == IPV4 ? Arrays.copyOfRange(bytes, 4, 8) : Arrays.copyOfRange(bytes, 8, 24);
    }

    /** Of an IP address; one of IPv4 that is written as IPv6's is IPv4's. */
    public InetAddress inet() {
        try {
            return InetAddress.getByAddress(ip());
        } catch (UnknownHostException e) {
            throw new AssertionError("it has 4 or 16 bytes", e);
        }
    }

    /** The same address in the family that {@link #inet} has. */
    public SocketAddress canonical() {
        byte[] ip = inet().getAddress();
        if (family() == IPV4 || ip.length == 16) {
            return this;
        }
        byte[] four = any(IPV4).bytes;
        System.arraycopy(ip, 0, four, 4, ip.length);
        return new SocketAddress(four).withPort(port());
    }

    /** Whether it stands for all addresses of the machine. */
    public boolean isWildcard() {
        for (byte each : ip()) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is one of the machine's own: 127.0.0.0/8, ::1, and IPv4's in IPv6. */
    public boolean isLoopback() {
        byte[] ip = ip();
        if (ip.length == 4) {
            return ip[0] == 127;
        }
        byte[] one = new byte[16];
        one[15] = 1;
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        mapped[12] = 127;
        return Arrays.equals(ip, one) || Arrays.equals(ip, 0, 13, mapped, 0, 13);
    }

    /** The name of a Unix socket, one char for each byte, with the zero in front of one that is no file; "" when unnamed. */
    public String name() {
        int end = 2;
        if (bytes.length > 2 && bytes[2] == 0) {
            end = bytes.length;
        }
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 2, end - 2, StandardCharsets.ISO_8859_1);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SocketAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return isUnix() ? "unix:" + name() : (family() == IPV4 ? "ipv4:" : "ipv6:") + port();
    }
}
