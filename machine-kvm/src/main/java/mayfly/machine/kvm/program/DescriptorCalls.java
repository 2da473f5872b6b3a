package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.program.CallTable.Kind;

/** dup(2), fcntl(2), ioctl(2): what descriptors are, whatever they stand for. */
final class DescriptorCalls {
    // fcntl.h
    private static final int O_CLOEXEC = 02000000;
    private static final int F_DUPFD = 0;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_GETLK = 5;
    private static final int F_SETLK = 6;
    private static final int F_SETLKW = 7;
    private static final int F_SETOWN = 8;
    private static final int F_GETOWN = 9;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int F_OFD_SETLKW = 38;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    /** O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT and O_NOATIME: what F_SETFL can change. */
    private static final int CHANGEABLE = 02000 | 04000 | 020000 | 040000 | 01000000;

    private static final int O_LARGEFILE = 0100000;
    // asm-generic/ioctls.h
    private static final int FIONREAD = 0x541B;
    private static final int FIONBIO = 0x5421;
    private static final int FIONCLEX = 0x5450;
    private static final int FIOCLEX = 0x5451;
    // linux/close_range.h
    private static final int CLOSE_RANGE_UNSHARE = 2;
    private static final int CLOSE_RANGE_CLOEXEC = 4;

    private DescriptorCalls() {}

    static void addTo(CallTable table) {
        table.add(32, "dup", Kind.EMULATED, (p, a) -> duplicate(p, a[0], 0, false));
        table.add(33, "dup2", Kind.EMULATED, (p, a) -> {
            boolean same = (int) a[0] == (int) a[1] && p.descriptors().get(a[0]) != null;
            return same ? (int) a[1] : replace(p, a[0], a[1], false);
        });
        table.add(292, "dup3", Kind.EMULATED, (p, a) -> {
            boolean wrong = (int) a[0] == (int) a[1] || (a[2] & ~O_CLOEXEC) != 0;
            return wrong ? -Errno.EINVAL : replace(p, a[0], a[1], (a[2] & O_CLOEXEC) != 0);
        });
        table.add(
                72,
                "fcntl",
                Kind.EMULATED,
                "locks of volumes; others always succeed, also against another process",
                DescriptorCalls::control);
        table.add(16, "ioctl", Kind.EMULATED, "of files; there are no terminals", DescriptorCalls::ioctl);
        table.add(436, "close_range", Kind.EMULATED, DescriptorCalls::closeRange);
    }

    private static long duplicate(Program program, long fd, int from, boolean closeOnExec) {
        OpenFile file = program.descriptors().get(fd);
        if (file == null) {
            return -Errno.EBADF;
        }
        long copy = program.descriptors().add(file, from, closeOnExec);
        if (copy >= 0) {
            var _ = file.retain();
        }
        return copy;
    }

    private static long replace(Program program, long fd, long number, boolean closeOnExec) {
        OpenFile file = program.descriptors().get(fd);
        int to = (int) number;
        if (file == null || to < 0 || to >= program.descriptors().limit()) {
            return -Errno.EBADF;
        }
        program.descriptors().set(to, file.retain(), closeOnExec);
        return to;
    }

    private static long control(Program program, long[] a) {
        Descriptors descriptors = program.descriptors();
        OpenFile file = descriptors.get(a[0]);
        if (file == null) {
            return -Errno.EBADF;
        }
        int fd = (int) a[0];
        int argument = (int) a[2];
        switch ((int) a[1]) {
            case F_DUPFD, F_DUPFD_CLOEXEC -> {
                boolean wrong =
                        argument < 0 || argument >= program.descriptors().limit();
                return wrong ? -Errno.EINVAL : duplicate(program, fd, argument, (int) a[1] == F_DUPFD_CLOEXEC);
            }
            case F_GETFD -> {
                return descriptors.closeOnExec(fd) ? 1 : 0;
            }
            case F_SETFD -> descriptors.setCloseOnExec(fd, (argument & 1) != 0);
            case F_GETFL -> {
                // only what open(2) opened has it
                return file.flags() | (EpollCalls.canBeAwaited(file) ? 0 : O_LARGEFILE);
            }
            case F_SETFL -> file.setFlags((file.flags() & ~CHANGEABLE) | (argument & CHANGEABLE));
            case F_GETLK, F_OFD_GETLK -> {
                int type = file.lockInTheWay(
                        lockType(program, a[2]), lockStart(program, file, a[2]), lockLength(program, a[2]));
                if (type < 0) {
                    return type;
                }
                program.space().write(a[2], new byte[] {(byte) type, (byte) (type >> 8)});
            }
            case F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW -> {
                long result =
                        file.lock(lockType(program, a[2]), lockStart(program, file, a[2]), lockLength(program, a[2]));
                boolean waits = (int) a[1] == F_SETLKW || (int) a[1] == F_OFD_SETLKW;
                return FileCalls.orWait(program, result, waits);
            }
            case F_SETOWN, F_GETOWN -> {
                return 0;
            }
            case F_ADD_SEALS -> {
                return -Errno.EPERM;
            }
            case F_GET_SEALS -> {
                return 1; // F_SEAL_SEAL: none can be added
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        return 0;
    }

    // struct flock: l_type 0, l_whence 2, l_start 8, l_len 16

    private static int lockType(Program program, long at) {
        return program.space().getInt(at) & 0xFFFF;
    }

    private static long lockStart(Program program, OpenFile file, long at) {
        int whence = program.space().getInt(at) >>> 16;
        long base = whence == 1 ? file.seek(0, 1) : 0;
        FileStatus status = new FileStatus();
        if (whence == 2 && file.status(status) >= 0) {
            base = status.size;
        }
        return base + program.space().getLong(at + 8);
    }

    private static long lockLength(Program program, long at) {
        return program.space().getLong(at + 16);
    }

    private static long ioctl(Program program, long[] a) {
        OpenFile file = program.descriptors().get(a[0]);
        if (file == null) {
            return -Errno.EBADF;
        }
        switch ((int) a[1]) {
            case FIOCLEX -> program.descriptors().setCloseOnExec((int) a[0], true);
            case FIONCLEX -> program.descriptors().setCloseOnExec((int) a[0], false);
            case FIONBIO -> {
                boolean on = program.space().getInt(a[2]) != 0;
                file.setFlags(on ? file.flags() | OpenFile.NON_BLOCKING : file.flags() & ~OpenFile.NON_BLOCKING);
            }
            case FIONREAD -> {
                long available = file.available();
                if (available < 0) {
                    return available;
                }
                program.space().putInt(a[2], (int) available);
            }
            default -> {
                return -Errno.ENOTTY;
            }
        }
        return 0;
    }

    private static long closeRange(Program program, long[] a) {
        long first = a[0] & 0xFFFF_FFFFL;
        long last = a[1] & 0xFFFF_FFFFL;
        if (first > last || (a[2] & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
            return -Errno.EINVAL;
        }
        Descriptors descriptors = program.descriptors();
        for (long fd = first; fd <= last && fd < descriptors.end(); fd++) {
            if (descriptors.get(fd) == null) {
                continue;
            }
            if ((a[2] & CLOSE_RANGE_CLOEXEC) != 0) {
                descriptors.setCloseOnExec((int) fd, true);
            } else {
                var _ = descriptors.close(fd);
            }
        }
        return 0;
    }
}
