package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.PipeEnd;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** read(2), write(2) and their relatives. */
final class TransferCalls {
    private static final int WRITEV = 20;
    private static final int PWRITEV2 = 328;
    private static final int VECTORS_MAX = 1024;
    /** As Linux: what one call moves at most. */
    private static final int COUNT_MAX = 0x7FFF_F000;

    private TransferCalls() {}

    static void addTo(CallTable table) {
        table.add(0, "read", Kind.EMULATED, (p, a) -> read(p, a, one(p, a)));
        table.add(1, "write", Kind.EMULATED, (p, a) -> write(p, a, one(p, a)));
        table.add(19, "readv", Kind.EMULATED, (p, a) -> read(p, a, many(p, a)));
        table.add(20, "writev", Kind.EMULATED, (p, a) -> write(p, a, many(p, a)));
        table.add(17, "pread64", Kind.EMULATED, (p, a) -> readAt(p, a, one(p, a)));
        table.add(18, "pwrite64", Kind.EMULATED, (p, a) -> writeAt(p, a, one(p, a)));
        table.add(295, "preadv", Kind.EMULATED, (p, a) -> readAt(p, a, many(p, a)));
        table.add(296, "pwritev", Kind.EMULATED, (p, a) -> writeAt(p, a, many(p, a)));
        table.add(327, "preadv2", Kind.EMULATED, "without flags", (p, a) -> {
            return a[5] != 0 ? -Errno.EOPNOTSUPP : a[3] == -1 ? read(p, a, many(p, a)) : readAt(p, a, many(p, a));
        });
        table.add(328, "pwritev2", Kind.EMULATED, "without flags", (p, a) -> {
            return a[5] != 0 ? -Errno.EOPNOTSUPP : a[3] == -1 ? write(p, a, many(p, a)) : writeAt(p, a, many(p, a));
        });
    }

    /** What a thread that waits in write(2) or writev(2) writes; null: its vectors are no vectors any more. */
    static @Nullable Transfer source(Program program, GuestThread thread) {
        return thread.callNumber == WRITEV || thread.callNumber == PWRITEV2
                ? many(program, thread.arguments)
                : one(program, thread.arguments);
    }

    static Transfer one(Program program, long[] a) {
        return Transfer.of(program.space(), a[1], (int) Math.min(a[2] < 0 ? COUNT_MAX : a[2], COUNT_MAX));
    }

    /** Null: EINVAL. */
    static @Nullable Transfer many(Program program, long[] a) {
        if (a[2] < 0 || a[2] > VECTORS_MAX) {
            return null;
        }
        int count = (int) a[2];
        long[] addresses = new long[count];
        int[] lengths = new int[count];
        int left = COUNT_MAX;
        for (int i = 0; i < count; i++) {
            addresses[i] = program.space().getLong(a[1] + 16L * i);
            long length = program.space().getLong(a[1] + 16L * i + 8);
            if (length < 0) {
                return null;
            }
            lengths[i] = (int) Math.min(length, left);
            left -= lengths[i];
        }
        return Transfer.of(program.space(), addresses, lengths);
    }

    private static long read(Program program, long[] a, @Nullable Transfer to) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null || !file.readable()) {
            return -Errno.EBADF;
        }
        if (to == null) {
            return -Errno.EINVAL;
        }
        return orWait(program, file, file.read(to));
    }

    private static long write(Program program, long[] a, @Nullable Transfer from) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null || !file.writable()) {
            return -Errno.EBADF;
        }
        if (from == null) {
            return -Errno.EINVAL;
        }
        long result = file.write(from);
        if (result == -Errno.EPIPE) {
            program.signals()
                    .raise(
                            program.current(),
                            SignalInfo.fromProgram(Signals.SIGPIPE, SignalInfo.SI_USER, program.process().shownId));
        } else if (result > 0
                && from.remaining() > 0
                && (file instanceof PipeEnd || file instanceof SocketEnd)
                && !file.nonBlocking()) {
            return program.await(new RestOfWrite(program, program.current(), file, result));
        }
        return orWait(program, file, result);
    }

    private static long orWait(Program program, OpenFile file, long result) {
        return result == -Errno.EAGAIN && !file.nonBlocking()
                ? Watch.await(program, Wait.FOREVER, file.readyAt())
                : result;
    }

    private static long readAt(Program program, long[] a, @Nullable Transfer to) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null || !file.readable()) {
            return -Errno.EBADF;
        }
        return to == null || a[3] < 0 ? -Errno.EINVAL : file.readAt(to, a[3]);
    }

    private static long writeAt(Program program, long[] a, @Nullable Transfer from) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null || !file.writable()) {
            return -Errno.EBADF;
        }
        return from == null || a[3] < 0 ? -Errno.EINVAL : file.writeAt(from, a[3]);
    }
}
