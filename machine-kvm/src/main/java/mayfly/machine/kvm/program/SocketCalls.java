package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** Connected pairs of sockets, and what can be done with a connected socket. There is no network. */
final class SocketCalls {
    // sys/socket.h
    private static final int AF_UNIX = 1;
    private static final int STREAM = 1;
    private static final int TYPE_MASK = 0xF;
    private static final int CLOSE_ON_EXEC = 02000000;
    private static final int DONT_WAIT = 0x40;
    private static final int NO_SIGNAL = 0x4000;
    private static final int WAIT_ALL = 0x100;
    private static final int CLOSE_ON_EXEC_RECEIVED = 0x40000000;
    private static final int LEVEL_SOCKET = 1;
    private static final int PEER_CREDENTIALS = 17;
    private static final int BUFFER_BYTES = 212_992;
    // asm-generic/errno.h
    private static final int ENOPROTOOPT = 92;
    private static final int EPROTONOSUPPORT = 93;
    private static final int ESOCKTNOSUPPORT = 94;

    private SocketCalls() {}

    static void addTo(CallTable table) {
        table.add(53, "socketpair", Kind.EMULATED, "AF_UNIX streams", SocketCalls::pair);
        table.add(44, "sendto", Kind.EMULATED, "to where it is connected", (p, a) -> {
            return a[4] != 0 ? -Errno.EISCONN : send(p, a[0], bytes(p, a), (int) a[3]);
        });
        table.add(45, "recvfrom", Kind.EMULATED, "no MSG_PEEK", SocketCalls::receiveFrom);
        table.add(46, "sendmsg", Kind.EMULATED, "no descriptors", SocketCalls::sendMessage);
        table.add(47, "recvmsg", Kind.EMULATED, "no MSG_PEEK", SocketCalls::receiveMessage);
        table.add(48, "shutdown", Kind.EMULATED, SocketCalls::shutdown);
        table.add(51, "getsockname", Kind.EMULATED, "sockets have no names", SocketCalls::name);
        table.add(52, "getpeername", Kind.EMULATED, "sockets have no names", SocketCalls::name);
        table.add(54, "setsockopt", Kind.EMULATED, "of SOL_SOCKET, ignored", SocketCalls::setOption);
        table.add(55, "getsockopt", Kind.EMULATED, "of SOL_SOCKET", SocketCalls::getOption);
    }

    private static long pair(Program program, long[] a) {
        int type = (int) a[1];
        if ((int) a[0] != AF_UNIX) {
            return -Errno.EAFNOSUPPORT;
        }
        if ((type & ~(TYPE_MASK | CLOSE_ON_EXEC | OpenFile.NON_BLOCKING)) != 0) {
            return -Errno.EINVAL;
        }
        if ((type & TYPE_MASK) != STREAM) {
            return -ESOCKTNOSUPPORT;
        }
        if ((int) a[2] != 0 && (int) a[2] != AF_UNIX) {
            return -EPROTONOSUPPORT;
        }
        long number = program.state().nextInode;
        program.state().nextInode += 2;
        SocketEnd.Pair pair = SocketEnd.open(
                type & OpenFile.NON_BLOCKING, number, program.files().kernelMemory());
        if (pair == null) {
            return -Errno.ENFILE;
        }
        Descriptors descriptors = program.descriptors();
        boolean onExec = (type & CLOSE_ON_EXEC) != 0;
        long first = descriptors.add(pair.first(), 0, onExec);
        long second = first < 0 ? first : descriptors.add(pair.second(), 0, onExec);
        try {
            if (second >= 0) {
                program.space().putLong(a[3], first | second << 32);
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
    private static @Nullable OpenFile socket(Program program, long fd) {
        OpenFile file = program.descriptors().get(fd);
        FileStatus status = new FileStatus();
        boolean isSocket =
                file != null && file.status(status) >= 0 && (status.mode & FileStatus.TYPE) == FileStatus.SOCKET;
        return isSocket ? file : null;
    }

    private static long notASocket(Program program, long fd) {
        return program.descriptors().get(fd) == null ? -Errno.EBADF : -Errno.ENOTSOCK;
    }

    private static Transfer bytes(Program program, long[] a) {
        return TransferCalls.one(program, a);
    }

    /** The vectors of a struct msghdr; null: EINVAL. */
    private static @Nullable Transfer vectors(Program program, long header) {
        AddressSpace space = program.space();
        return TransferCalls.many(program, new long[] {0, space.getLong(header + 16), space.getLong(header + 24)});
    }

    private static long send(Program program, long fd, @Nullable Transfer from, int flags) {
        OpenFile file = socket(program, fd);
        if (file == null) {
            return notASocket(program, fd);
        }
        if ((flags & ~(DONT_WAIT | NO_SIGNAL)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if (from == null) {
            return -Errno.EINVAL;
        }
        long result = file.write(from);
        if (result == -Errno.EPIPE && (flags & NO_SIGNAL) == 0) {
            program.signals().raise(program.current(), SignalInfo.fromProgram(Signals.SIGPIPE, SignalInfo.SI_USER));
        }
        return orWait(program, file, flags, result);
    }

    private static long receive(Program program, long fd, @Nullable Transfer to, int flags) {
        OpenFile file = socket(program, fd);
        if (file == null) {
            return notASocket(program, fd);
        }
        if ((flags & ~(DONT_WAIT | WAIT_ALL | NO_SIGNAL | CLOSE_ON_EXEC_RECEIVED)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        return to == null ? -Errno.EINVAL : orWait(program, file, flags, file.read(to));
    }

    private static long orWait(Program program, OpenFile file, int flags, long result) {
        boolean waits = result == -Errno.EAGAIN && !file.nonBlocking() && (flags & DONT_WAIT) == 0;
        return waits ? Watch.await(program, Wait.FOREVER, file.readyAt()) : result;
    }

    private static long receiveFrom(Program program, long[] a) {
        long result = receive(program, a[0], bytes(program, a), (int) a[3]);
        if (result >= 0 && a[4] != 0 && a[5] != 0) {
            program.space().putInt(a[5], 0); // from a socket without a name
        }
        return result;
    }

    private static long sendMessage(Program program, long[] a) {
        AddressSpace space = program.space();
        if (space.getLong(a[1]) != 0 && space.getInt(a[1] + 8) != 0) {
            return -Errno.EISCONN;
        }
        return space.getLong(a[1] + 40) != 0
                ? -Errno.EOPNOTSUPP
                : send(program, a[0], vectors(program, a[1]), (int) a[2]);
    }

    private static long receiveMessage(Program program, long[] a) {
        AddressSpace space = program.space();
        long result = receive(program, a[0], vectors(program, a[1]), (int) a[2]);
        if (result >= 0) {
            space.putInt(a[1] + 8, 0); // no name, no control data, no flags
            space.putLong(a[1] + 40, 0);
            space.putInt(a[1] + 48, 0);
        }
        return result;
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
        if (file instanceof SocketEnd end) {
            end.shutdown(how != 1, how != 0);
        }
        return 0;
    }

    private static long name(Program program, long[] a) {
        if (socket(program, a[0]) == null) {
            return notASocket(program, a[0]);
        }
        int room = program.space().getInt(a[2]);
        if (room < 0) {
            return -Errno.EINVAL;
        }
        program.space().write(a[1], new byte[] {AF_UNIX, 0}, 0, Math.min(room, 2));
        program.space().putInt(a[2], 2);
        return 0;
    }

    private static long setOption(Program program, long[] a) {
        if (socket(program, a[0]) == null) {
            return notASocket(program, a[0]);
        }
        return (int) a[1] == LEVEL_SOCKET ? 0 : -Errno.EOPNOTSUPP;
    }

    private static long getOption(Program program, long[] a) {
        if (socket(program, a[0]) == null) {
            return notASocket(program, a[0]);
        }
        AddressSpace space = program.space();
        int room = space.getInt(a[4]);
        if (room < 0) {
            return -Errno.EINVAL;
        }
        if ((int) a[1] != LEVEL_SOCKET) {
            return -Errno.EOPNOTSUPP;
        }
        int value;
        switch ((int) a[2]) {
            case 3, 39 -> value = STREAM; // SO_TYPE, and SO_DOMAIN, which is AF_UNIX
            case 4, 30, 38 -> value = 0; // SO_ERROR, SO_ACCEPTCONN, SO_PROTOCOL
            case 7, 8 -> value = BUFFER_BYTES; // SO_SNDBUF, SO_RCVBUF
            case PEER_CREDENTIALS -> value = Program.PID;
            default -> {
                return -ENOPROTOOPT;
            }
        }
        int[] words =
                (int) a[2] == PEER_CREDENTIALS ? new int[] {value, Program.USER, Program.USER} : new int[] {value};
        byte[] bytes = new byte[words.length * 4];
        java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .put(words);
        int count = Math.min(room, bytes.length);
        space.write(a[3], bytes, 0, count);
        space.putInt(a[4], count);
        return 0;
    }
}
