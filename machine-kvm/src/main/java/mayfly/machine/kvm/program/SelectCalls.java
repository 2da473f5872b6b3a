package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.program.CallTable.Kind;

/** select(2) and pselect6(2). */
final class SelectCalls {
    /** Which bits of {@link OpenFile#ready} count for a set: as the kernel's POLLIN_SET, POLLOUT_SET and POLLEX_SET. */
    private static final int[] COUNTS = {
        OpenFile.READABLE | OpenFile.HUNG_UP | OpenFile.ERROR, OpenFile.WRITABLE | OpenFile.ERROR, 0
    };

    private SelectCalls() {}

    static void addTo(CallTable table) {
        table.add(23, "select", Kind.EMULATED, (p, a) -> select(p, a, true));
        table.add(270, "pselect6", Kind.EMULATED, SelectCalls::selectBlocking);
    }

    private static long selectBlocking(Program program, long[] a) {
        if (a[5] != 0 && !program.isAgain()) { // its sixth argument names a mask and the mask's size
            long blocked = program.signals()
                    .blockDuringCall(
                            program.space().getLong(a[5]), program.space().getLong(a[5] + 8));
            if (blocked < 0) {
                return blocked;
            }
        }
        return select(program, a, false);
    }

    private static long select(Program program, long[] a, boolean micros) {
        int count = (int) a[0];
        if (count < 0) {
            return -Errno.EINVAL;
        }
        long deadline = Wait.FOREVER;
        if (program.isAgain()) {
            deadline = Watch.deadline(program);
        } else if (a[4] != 0) {
            long nanos = micros ? Clocks.timeval(program.space(), a[4]) : Clocks.timespec(program.space(), a[4]);
            if (nanos < 0) {
                return nanos;
            }
            deadline = nanos == 0 ? 0 : Clocks.after(nanos);
        }
        // as Linux: what lies behind the table of descriptors is not looked at, and the table grows by 64
        int table = (program.descriptors().end() + 63) & -64;
        Sets sets = new Sets(program, a, Math.min(count, table));
        long found = sets.look();
        if (found == 0 && deadline != 0 && !Watch.isLast(program)) {
            return Watch.await(program, deadline, sets.next);
        }
        if (found >= 0) {
            sets.write();
            if (a[4] != 0) {
                long left = deadline == 0 ? 0 : Math.max(0, deadline - System.nanoTime());
                if (micros) {
                    Clocks.putTimeval(program.space(), a[4], left);
                } else {
                    Clocks.putTimespec(program.space(), a[4], left);
                }
            }
        }
        return found;
    }

    /** The three sets of a call, in words of 64 descriptors. */
    private static final class Sets {
        private final Program program;
        private final long[] addresses;
        private final int count;
        private final long[][] wanted = new long[3][];
        private final long[][] result = new long[3][];
        long next = Wait.FOREVER;

        Sets(Program program, long[] a, int count) {
            this.program = program;
            this.count = count;
            addresses = new long[] {a[1], a[2], a[3]};
            int words = (count + 63) / 64;
            AddressSpace space = program.space();
            for (int set = 0; set < 3; set++) {
                wanted[set] = new long[words];
                result[set] = new long[words];
                for (int i = 0; addresses[set] != 0 && i < words; i++) {
                    wanted[set][i] = space.getLong(addresses[set] + 8L * i);
                }
            }
        }

        /** How many bits are set in the result, or -EBADF. */
        long look() {
            long found = 0;
            for (int fd = 0; fd < count; fd++) {
                int word = fd >> 6;
                long bit = 1L << fd;
                if (((wanted[0][word] | wanted[1][word] | wanted[2][word]) & bit) == 0) {
                    continue;
                }
                OpenFile file = program.descriptors().get(fd);
                if (file == null) {
                    return -Errno.EBADF;
                }
                int ready = file.ready();
                next = Math.min(next, file.readyAt());
                for (int set = 0; set < 3; set++) {
                    if ((wanted[set][word] & bit) != 0 && (ready & COUNTS[set]) != 0) {
                        result[set][word] |= bit;
                        found++;
                    }
                }
            }
            return found;
        }

        void write() {
            for (int set = 0; set < 3; set++) {
                for (int i = 0; addresses[set] != 0 && i < result[set].length; i++) {
                    program.space().putLong(addresses[set] + 8L * i, result[set][i]);
                }
            }
        }
    }
}
