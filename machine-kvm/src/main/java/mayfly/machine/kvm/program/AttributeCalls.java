package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileStatus;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Changing what a file is besides its content: permissions, owner, times, size by path. */
final class AttributeCalls {
    private static final long NANOS = 1_000_000_000L;
    private static final long MICROS = 1_000_000L;
    // linux/stat.h
    private static final long UTIME_NOW = 0x3FFF_FFFF;
    private static final long UTIME_OMIT = 0x3FFF_FFFE;
    private static final long OMIT = Long.MIN_VALUE;
    private static final long SECONDS_MAX = Long.MAX_VALUE / NANOS - 1;

    private AttributeCalls() {}

    static void addTo(CallTable table) {
        table.add(90, "chmod", Kind.EMULATED, (p, a) -> p.files().chmod(node(p, Paths.CURRENT, a[0], 0), (int) a[1]));
        table.add(91, "fchmod", Kind.EMULATED, (p, a) -> p.files().chmod(open(p, a[0]), (int) a[1]));
        table.add(268, "fchmodat", Kind.EMULATED, (p, a) -> p.files().chmod(node(p, a[0], a[1], 0), (int) a[2]));
        table.add(452, "fchmodat2", Kind.EMULATED, (p, a) -> p.files().chmod(node(p, a[0], a[1], a[3]), (int) a[2]));
        table.add(92, "chown", Kind.EMULATED, (p, a) -> own(p, node(p, Paths.CURRENT, a[0], 0), a[1], a[2]));
        table.add(
                94,
                "lchown",
                Kind.EMULATED,
                (p, a) -> own(p, node(p, Paths.CURRENT, a[0], Paths.NOFOLLOW), a[1], a[2]));
        table.add(93, "fchown", Kind.EMULATED, (p, a) -> own(p, open(p, a[0]), a[1], a[2]));
        table.add(260, "fchownat", Kind.EMULATED, (p, a) -> own(p, node(p, a[0], a[1], a[4]), a[2], a[3]));
        table.add(76, "truncate", Kind.EMULATED, (p, a) -> {
            Node node = node(p, Paths.CURRENT, a[0], 0);
            return a[1] < 0 ? -Errno.EINVAL : p.files().truncate(node, a[1]);
        });
        table.add(280, "utimensat", Kind.EMULATED, AttributeCalls::times);
        table.add(132, "utime", Kind.EMULATED, (p, a) -> {
            Node node = node(p, Paths.CURRENT, a[0], 0);
            if (a[1] == 0) {
                return p.files().setTimes(node, FileTree.now(), FileTree.now());
            }
            return p.files()
                    .setTimes(
                            node,
                            seconds(p.space().getLong(a[1])),
                            seconds(p.space().getLong(a[1] + 8)));
        });
        table.add(235, "utimes", Kind.EMULATED, (p, a) -> timevals(p, node(p, Paths.CURRENT, a[0], 0), a[1]));
        table.add(261, "futimesat", Kind.EMULATED, (p, a) -> {
            Node node = a[1] == 0 ? open(p, a[0]) : node(p, a[0], a[1], 0);
            return timevals(p, node, a[2]);
        });
    }

    private static Node node(Program program, long fd, long path, long flags) {
        return Paths.node(program, fd, Paths.path(program, path), flags);
    }

    private static Node open(Program program, long fd) {
        OpenFile file = program.descriptors().get(fd);
        Node node = file == null ? null : file.node();
        return node != null ? node : FileTree.missing(file == null ? -Errno.EBADF : -Errno.EINVAL);
    }

    /** Files belong to the one user there is; giving them to it again changes nothing. */
    private static long own(Program program, Node node, long user, long group) {
        FileStatus status = new FileStatus();
        long error = program.files().status(node, status);
        if (error != 0) {
            return error;
        }
        if (!program.files().isInMemory(node)) {
            return -Errno.EROFS;
        }
        boolean same =
                ((int) user == -1 || (int) user == status.user) && ((int) group == -1 || (int) group == status.group);
        return same ? 0 : -Errno.EPERM;
    }

    private static long times(Program program, long[] a) {
        if ((a[3] & ~(Paths.NOFOLLOW | Paths.EMPTY)) != 0) {
            return -Errno.EINVAL;
        }
        long accessed = FileTree.now();
        long modified = accessed;
        if (a[2] != 0) {
            long nanos = program.space().getLong(a[2] + 8);
            long modifiedNanos = program.space().getLong(a[2] + 24);
            if (!isTime(nanos) || !isTime(modifiedNanos)) {
                return -Errno.EINVAL;
            }
            accessed = time(program.space().getLong(a[2]), nanos);
            modified = time(program.space().getLong(a[2] + 16), modifiedNanos);
        }
        Node node = a[1] == 0 ? open(program, a[0]) : node(program, a[0], a[1], a[3]);
        return program.files().setTimes(node, accessed, modified);
    }

    private static boolean isTime(long nanos) {
        return (nanos >= 0 && nanos < NANOS) || nanos == UTIME_NOW || nanos == UTIME_OMIT;
    }

    private static long time(long seconds, long nanos) {
        if (nanos == UTIME_OMIT) {
            return OMIT;
        }
        return nanos == UTIME_NOW ? FileTree.now() : seconds(seconds) + nanos;
    }

    private static long seconds(long seconds) {
        return Math.clamp(seconds, -SECONDS_MAX, SECONDS_MAX) * NANOS;
    }

    private static long timevals(Program program, Node node, long address) {
        if (address == 0) {
            return program.files().setTimes(node, FileTree.now(), FileTree.now());
        }
        long micros = program.space().getLong(address + 8);
        long modifiedMicros = program.space().getLong(address + 24);
        if (micros < 0 || micros >= MICROS || modifiedMicros < 0 || modifiedMicros >= MICROS) {
            return -Errno.EINVAL;
        }
        return program.files()
                .setTimes(
                        node,
                        seconds(program.space().getLong(address)) + micros * 1000,
                        seconds(program.space().getLong(address + 16)) + modifiedMicros * 1000);
    }
}
