package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Moving bytes from one file to another without the program's memory. */
final class CopyCalls {
    private static final int PIECE = 64 << 10;
    /** What one call moves at most, so that no call takes long: they may move less than asked. */
    private static final long CALL_MAX = 16 << 20;

    private static final int CURRENT = 1;
    private static final int SET = 0;

    private CopyCalls() {}

    static void addTo(CallTable table) {
        table.add(40, "sendfile", Kind.EMULATED, CopyCalls::sendFile);
        table.add(326, "copy_file_range", Kind.EMULATED, CopyCalls::copyRange);
        table.constant(275, "splice", -Errno.EINVAL, "reading and writing serve");
        table.constant(276, "tee", -Errno.EINVAL, "reading and writing serve");
        table.constant(278, "vmsplice", -Errno.EINVAL, "reading and writing serve");
    }

    private static long sendFile(Program program, long[] a) {
        OpenFile out = program.descriptors().get(a[0]);
        OpenFile in = program.descriptors().get(a[1]);
        if (out == null || in == null || !out.writable() || !in.readable()) {
            return -Errno.EBADF;
        }
        long from = a[2] != 0 ? program.space().getLong(a[2]) : in.seek(0, CURRENT);
        if (from < 0) {
            return -Errno.EINVAL;
        }
        long done = 0;
        long most = a[3] < 0 ? CALL_MAX : Math.min(a[3], CALL_MAX);
        byte[] piece = new byte[(int) Math.min(PIECE, most)];
        while (done < most) {
            long got = in.readAt(Transfer.of(piece, (int) Math.min(piece.length, most - done)), from + done);
            long put = got <= 0 ? got : out.write(Transfer.of(piece, (int) got));
            if (put == -Errno.EAGAIN && done == 0 && !out.nonBlocking()) {
                return program.retry(Wait.FOREVER, 0);
            }
            if (put <= 0) {
                done = done > 0 ? done : put;
                break;
            }
            done += put;
        }
        if (done > 0 && a[2] != 0) {
            program.space().putLong(a[2], from + done);
        } else if (done > 0) {
            var _ = in.seek(from + done, SET);
        }
        return done;
    }

    private static long copyRange(Program program, long[] a) {
        OpenFile in = program.descriptors().get(a[0]);
        OpenFile out = program.descriptors().get(a[2]);
        if (in == null || out == null || !in.readable() || !out.writable()) {
            return -Errno.EBADF;
        }
        long from = a[1] != 0 ? program.space().getLong(a[1]) : in.seek(0, CURRENT);
        long to = a[3] != 0 ? program.space().getLong(a[3]) : out.seek(0, CURRENT);
        if (from < 0 || to < 0 || a[5] != 0 || a[4] < 0 || (out.flags() & OpenFile.APPEND) != 0) {
            return (out.flags() & OpenFile.APPEND) != 0 ? -Errno.EBADF : -Errno.EINVAL;
        }
        long most = Math.min(a[4], CALL_MAX);
        byte[] piece = new byte[(int) Math.min(PIECE, most)];
        long done = 0;
        while (done < most) {
            long got = in.readAt(Transfer.of(piece, (int) Math.min(piece.length, most - done)), from + done);
            long put = got <= 0 ? got : out.writeAt(Transfer.of(piece, (int) got), to + done);
            if (put <= 0) {
                done = done > 0 ? done : put;
                break;
            }
            done += put;
        }
        if (done > 0) {
            advance(program, in, a[1], from + done);
            advance(program, out, a[3], to + done);
        }
        return done;
    }

    private static void advance(Program program, OpenFile file, long address, long position) {
        if (address != 0) {
            program.space().putLong(address, position);
        } else {
            var _ = file.seek(position, SET);
        }
    }
}
