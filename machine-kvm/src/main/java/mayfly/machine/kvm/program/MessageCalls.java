package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.SocketFile;
import mayfly.machine.kvm.files.SocketOptions;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** What goes through connected sockets. */
final class MessageCalls {
    // sys/socket.h
    private static final int PEEK = 2;
    private static final int DONT_WAIT = 0x40;
    private static final int NO_SIGNAL = 0x4000;
    private static final int MORE = 0x8000;
    private static final int WAIT_ALL = 0x100;
    private static final int CLOSE_ON_EXEC_RECEIVED = 0x40000000;

    private MessageCalls() {}

    static void addTo(CallTable table) {
        table.add(44, "sendto", Kind.EMULATED, "to where it is connected", (p, a) -> {
            return a[4] != 0 ? SocketCalls.toAddress(p, a[0]) : send(p, a[0], bytes(p, a), (int) a[3]);
        });
        table.add(45, "recvfrom", Kind.EMULATED, MessageCalls::receiveFrom);
        table.add(46, "sendmsg", Kind.EMULATED, "no descriptors", MessageCalls::sendMessage);
        table.add(47, "recvmsg", Kind.EMULATED, "no descriptors", MessageCalls::receiveMessage);
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
        OpenFile file = SocketCalls.socket(program, fd);
        if (file == null) {
            return SocketCalls.notASocket(program, fd);
        }
        if ((flags & ~(DONT_WAIT | NO_SIGNAL | MORE)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if (from == null) {
            return -Errno.EINVAL;
        }
        long result = file.write(from);
        if (result == -Errno.EPIPE && (flags & NO_SIGNAL) == 0) {
            program.signals()
                    .raise(
                            program.current(),
                            SignalInfo.fromProgram(Signals.SIGPIPE, SignalInfo.SI_USER, program.process().shownId));
        }
        return orWait(program, file, flags, SocketOptions.SEND_TIMEOUT, result);
    }

    private static long receive(Program program, long fd, @Nullable Transfer to, int flags) {
        OpenFile file = SocketCalls.socket(program, fd);
        if (file == null) {
            return SocketCalls.notASocket(program, fd);
        }
        if ((flags & ~(PEEK | DONT_WAIT | WAIT_ALL | NO_SIGNAL | CLOSE_ON_EXEC_RECEIVED)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        if (to == null) {
            return -Errno.EINVAL;
        }
        boolean peeks = (flags & PEEK) != 0 && file instanceof SocketFile;
        long result = peeks ? ((SocketFile) file).peek(to) : file.read(to);
        return orWait(program, file, flags, SocketOptions.RECEIVE_TIMEOUT, result);
    }

    private static long orWait(Program program, OpenFile file, int flags, int option, long result) {
        return (flags & DONT_WAIT) != 0 ? result : orWait(program, file, option, result);
    }

    /** The result, or, of a socket that blocks, the wait for another one, at most as long as its option says. */
    static long orWait(Program program, OpenFile file, int option, long result) {
        if (result != -Errno.EAGAIN || file.nonBlocking() || Watch.isLast(program)) {
            return result;
        }
        long deadline = Wait.FOREVER;
        if (!program.isAgain() && file instanceof SocketFile socket) {
            long nanos = socket.options().timeoutNanos(option);
            deadline = nanos == 0 ? Wait.FOREVER : Clocks.after(nanos);
        }
        return Watch.await(program, deadline, file.readyAt());
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
            return SocketCalls.toAddress(program, a[0]);
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
}
