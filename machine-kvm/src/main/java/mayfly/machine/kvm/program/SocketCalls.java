package mayfly.machine.kvm.program;

import java.util.function.ToLongFunction;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.net.DatagramSocket;
import mayfly.machine.kvm.net.GuestSocket;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** Sockets: how they are made, bound, connected and accepted, and their addresses. */
final class SocketCalls {
    // sys/socket.h
    private static final int STREAM = 1;
    private static final int DATAGRAM = 2;
    private static final int TYPE_MASK = 0xF;
    private static final int CLOSE_ON_EXEC = 02000000;
    private static final int TCP = 6;
    private static final int UDP = 17;

    private SocketCalls() {}

    static void addTo(CallTable table) {
        String servers = "streams, and datagrams that reach nobody, for servers only; else EAFNOSUPPORT";
        table.add(41, "socket", Kind.EMULATED, servers, SocketCalls::make);
        table.add(53, "socketpair", Kind.EMULATED, "AF_UNIX streams", SocketCalls::pair);
        table.add(49, "bind", Kind.EMULATED, "to the machine's own addresses", SocketCalls::bind);
        table.add(50, "listen", Kind.EMULATED, SocketCalls::listen);
        table.add(42, "connect", Kind.EMULATED, "within the machine, and to allowed addresses", SocketCalls::connect);
        table.add(43, "accept", Kind.EMULATED, (p, a) -> accept(p, a, 0));
        table.add(288, "accept4", Kind.EMULATED, (p, a) -> accept(p, a, (int) a[3]));
        table.add(48, "shutdown", Kind.EMULATED, SocketCalls::shutdown);
        table.add(51, "getsockname", Kind.EMULATED, (p, a) -> name(p, a, false));
        table.add(52, "getpeername", Kind.EMULATED, (p, a) -> name(p, a, true));
    }

    private static long make(Program program, long[] a) {
        int family = (int) a[0];
        int type = (int) a[1];
        int protocol = (int) a[2];
        boolean known = family == SocketAddress.UNIX || family == SocketAddress.IPV4 || family == SocketAddress.IPV6;
        if (!program.network().isAllowed() || !known) {
            return -Errno.EAFNOSUPPORT;
        }
        if ((type & ~(TYPE_MASK | CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0) {
            return -Errno.EINVAL;
        }
        boolean datagrams = (type & TYPE_MASK) == DATAGRAM;
        if ((type & TYPE_MASK) != STREAM && !datagrams) {
            return -Errno.ESOCKTNOSUPPORT;
        }
        int only = family == SocketAddress.UNIX ? SocketAddress.UNIX : datagrams ? UDP : TCP;
        if (protocol != 0 && protocol != only) {
            return -Errno.EPROTONOSUPPORT;
        }
        int flags = type & OpenFile.NON_BLOCKING;
        OpenFile socket = datagrams
                ? program.network().datagrams(family, flags)
                : program.network().socket(family, flags);
        return program.descriptors().add(socket, 0, (type & CLOSE_ON_EXEC) != 0);
    }

    private static long pair(Program program, long[] a) {
        int type = (int) a[1];
        if ((int) a[0] != SocketAddress.UNIX) {
            return -Errno.EAFNOSUPPORT;
        }
        if ((type & ~(TYPE_MASK | CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0) {
            return -Errno.EINVAL;
        }
        if ((type & TYPE_MASK) != STREAM) {
            return -Errno.ESOCKTNOSUPPORT;
        }
        if ((int) a[2] != 0 && (int) a[2] != SocketAddress.UNIX) {
            return -Errno.EPROTONOSUPPORT;
        }
        long number = program.nextInode();
        var _ = program.nextInode(); // the other end's
        SocketEnd.Pair pair = SocketEnd.open(
                type & OpenFile.NON_BLOCKING, number, program.files().kernelMemory());
        if (pair == null) {
            return -Errno.ENFILE;
        }
        return put(program, pair, a[3], (type & CLOSE_ON_EXEC) != 0);
    }

    private static long put(Program program, SocketEnd.Pair pair, long address, boolean onExec) {
        Descriptors descriptors = program.descriptors();
        long first = descriptors.add(pair.first(), 0, onExec);
        long second = first < 0 ? first : descriptors.add(pair.second(), 0, onExec);
        try {
            if (second >= 0) {
                program.space().putLong(address, first | second << 32);
                return 0;
            }
            pair.second().release();
            if (first < 0) {
                pair.first().release();
            } else {
                descriptors.close(first);
            }
            return second;
        } catch (GuestFault nowhereToTell) {
            descriptors.close(first);
            descriptors.close(second);
            throw nowhereToTell;
        }
    }

    /** The socket, or null with the error in {@link #notASocket}. */
    static @Nullable OpenFile socket(Program program, long fd) {
        OpenFile file = program.descriptors().get(fd);
        FileStatus status = new FileStatus();
        boolean isSocket =
                file != null && file.status(status) >= 0 && (status.mode & FileStatus.TYPE) == FileStatus.SOCKET;
        return isSocket ? file : null;
    }

    static long notASocket(Program program, long fd) {
        return program.descriptors().get(fd) == null ? -Errno.EBADF : -Errno.ENOTSOCK;
    }

    /** The address that a call names; null: EINVAL. */
    private static @Nullable SocketAddress address(Program program, long at, long length) {
        int bytes = (int) length;
        return bytes < 2 || bytes > SocketAddress.BYTES_MAX
                ? null
                : SocketAddress.of(program.space().read(at, bytes));
    }

    /** By what a Unix socket is found: its name, or the file that its name leads to. */
    private static String key(Program program, SocketAddress address) {
        String name = address.name();
        FileTree files = program.files();
        FileStatus status = new FileStatus();
        boolean isFile = !name.isEmpty() && name.charAt(0) != 0;
        if (!isFile || files.status(files.node(files.workingDirectory(), name, true), status) != 0) {
            return name;
        }
        return "file " + status.inode;
    }

    private static long bind(Program program, long[] a) {
        OpenFile file = socket(program, a[0]);
        if (file instanceof DatagramSocket datagrams) {
            return datagram(program, datagrams, a, datagrams::bind);
        }
        if (!(file instanceof GuestSocket socket)) {
            return file == null ? notASocket(program, a[0]) : -Errno.EINVAL;
        }
        SocketAddress address = address(program, a[1], a[2]);
        if (address == null || (address.isUnix() && address.name().isEmpty())) {
            return -Errno.EINVAL;
        }
        if (address.family() != socket.family()) {
            return socket.family() == SocketAddress.UNIX ? -Errno.EINVAL : -Errno.EAFNOSUPPORT;
        }
        if (!address.isUnix()) {
            return address.isWildcard() || address.isLoopback() ? socket.bind(address, "") : -Errno.EADDRNOTAVAIL;
        }
        if (socket.isBound()) {
            return -Errno.EINVAL;
        }
        if (address.name().charAt(0) != 0) {
            FileTree files = program.files();
            long made = files.make(files.workingDirectory(), address.name(), FileStatus.SOCKET, 0777, "");
            if (made != 0) {
                return made == -Errno.EEXIST ? -Errno.EADDRINUSE : made;
            }
        }
        return socket.bind(address, key(program, address));
    }

    /** bind(2) or connect(2) of a socket for datagrams. */
    private static long datagram(
            Program program, DatagramSocket socket, long[] a, ToLongFunction<SocketAddress> operation) {
        SocketAddress address = address(program, a[1], a[2]);
        if (address == null) {
            return -Errno.EINVAL;
        }
        return address.family() == socket.family() ? operation.applyAsLong(address) : -Errno.EAFNOSUPPORT;
    }

    /** What sending to an address gives: streams have their own, and datagrams go nowhere. */
    static long toAddress(Program program, long fd) {
        OpenFile file = socket(program, fd);
        return file == null
                ? notASocket(program, fd)
                : file instanceof DatagramSocket ? -Errno.ENETUNREACH : -Errno.EISCONN;
    }

    private static long listen(Program program, long[] a) {
        OpenFile file = socket(program, a[0]);
        if (!(file instanceof GuestSocket socket)) {
            return file == null ? notASocket(program, a[0]) : -Errno.EINVAL;
        }
        return socket.listen((int) a[1]);
    }

    private static long connect(Program program, long[] a) {
        OpenFile file = socket(program, a[0]);
        if (file instanceof DatagramSocket datagrams) {
            return datagram(program, datagrams, a, datagrams::connect);
        }
        if (!(file instanceof GuestSocket socket)) {
            return file == null ? notASocket(program, a[0]) : -Errno.EISCONN;
        }
        SocketAddress address = address(program, a[1], a[2]);
        if (address == null) {
            return -Errno.EINVAL;
        }
        if (address.family() != socket.family()) {
            return -Errno.EAFNOSUPPORT;
        }
        if (address.isUnix() && !address.name().isEmpty() && address.name().charAt(0) != 0) {
            FileTree files = program.files();
            long missing = files.status(files.node(files.workingDirectory(), address.name(), true), new FileStatus());
            if (missing != 0) {
                return missing;
            }
        }
        long result =
                socket.connect(address, key(program, address), program.files().kernelMemory());
        boolean underWay = result == -Errno.EINPROGRESS || (program.isAgain() && result == -Errno.EALREADY);
        if (underWay && !socket.nonBlocking()) {
            long waited = MessageCalls.orWait(program, socket, SocketOptions.SEND_TIMEOUT, -Errno.EAGAIN);
            return waited == -Errno.EAGAIN ? -Errno.EINPROGRESS : waited;
        }
        if (program.isAgain() && result == -Errno.EISCONN) {
            return 0;
        }
        return MessageCalls.orWait(program, socket, SocketOptions.SEND_TIMEOUT, result);
    }

    private static long accept(Program program, long[] a, int flags) {
        OpenFile file = socket(program, a[0]);
        if (file == null) {
            return notASocket(program, a[0]);
        }
        if ((flags & ~(CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0
                || !(file instanceof GuestSocket socket)
                || !socket.isListening()) {
            return -Errno.EINVAL;
        }
        OpenFile connection = socket.first();
        if (connection == null) {
            return MessageCalls.orWait(program, socket, SocketOptions.RECEIVE_TIMEOUT, -Errno.EAGAIN);
        }
        SocketAddress peer = connection instanceof SocketFile known ? known.peer() : null;
        if (a[1] != 0 && peer != null) {
            long refused = tell(program, peer, a[1], a[2]);
            if (refused != 0) {
                return refused;
            }
        }
        long fd = program.descriptors().add(connection, 0, (flags & CLOSE_ON_EXEC) != 0);
        if (fd >= 0) {
            connection.setFlags((connection.flags() & ~OpenFile.NON_BLOCKING) | (flags & OpenFile.NON_BLOCKING));
            socket.accepted();
        }
        return fd;
    }

    private static long shutdown(Program program, long[] a) {
        OpenFile file = socket(program, a[0]);
        int how = (int) a[1];
        if (file == null) {
            return notASocket(program, a[0]);
        }
        if (how < 0 || how > 2) {
            return -Errno.EINVAL;
        }
        return file instanceof SocketFile socket ? socket.shutdown(how != 1, how != 0) : 0;
    }

    private static long name(Program program, long[] a, boolean ofPeer) {
        OpenFile file = socket(program, a[0]);
        if (file == null) {
            return notASocket(program, a[0]);
        }
        SocketAddress address = SocketAddress.UNNAMED;
        if (file instanceof SocketFile socket) {
            address = ofPeer ? socket.peer() : socket.local();
        }
        return address == null ? -Errno.ENOTCONN : tell(program, address, a[1], a[2]);
    }

    /** Writes as much of an address as there is room for, and how much there is. */
    private static long tell(Program program, SocketAddress address, long at, long length) {
        int room = program.space().getInt(length);
        if (room < 0) {
            return -Errno.EINVAL;
        }
        byte[] bytes = address.bytes();
        program.space().write(at, bytes, 0, Math.min(room, bytes.length));
        program.space().putInt(length, bytes.length);
        return 0;
    }
}
