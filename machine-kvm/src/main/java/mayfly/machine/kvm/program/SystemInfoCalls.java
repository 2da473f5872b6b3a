package mayfly.machine.kvm.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.program.CallTable.Kind;

/** What a program can ask about itself and its machine: randomness, limits, resource use, one processor. */
final class SystemInfoCalls {
    private static final int RANDOM_FLAGS = 7; // NONBLOCK, RANDOM, INSECURE
    /** One call gives no more; Linux may do so too where a signal comes. */
    private static final int RANDOM_BYTES_MAX = 1 << 20;

    private static final int PIECE = 4096;
    private static final int RUSAGE_BYTES = 144;
    private static final int RUSAGE_CHILDREN = -1;
    private static final int RUSAGE_THREAD = 1;
    private static final int SYSINFO_BYTES = 112;
    private static final int CPU_MASK_BYTES = 8;
    private static final int CPU_MASK_BYTES_MAX = 1024;
    private static final long MICROS = 1_000_000;
    private static final long NANOS_PER_MICRO = 1_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    /** USER_HZ is 100. */
    static final long NANOS_PER_TICK = 10_000_000;

    private static final int NICE_LOWEST = -20;
    private static final int NICE_HIGHEST = 19;
    private static final int PERSONALITY_QUERY = 0xFFFF_FFFF;

    private static final SecureRandom RANDOM = new SecureRandom();

    private SystemInfoCalls() {}

    static void addTo(CallTable table) {
        table.add(318, "getrandom", Kind.EMULATED, "from the host; at most 1 MiB at once", SystemInfoCalls::random);
        table.add(97, "getrlimit", Kind.EMULATED, SystemInfoCalls::getLimit);
        table.add(160, "setrlimit", Kind.EMULATED, "NOFILE, AS and DATA hold", SystemInfoCalls::setLimit);
        table.add(302, "prlimit64", Kind.EMULATED, "of the program itself", SystemInfoCalls::prlimit);
        table.add(98, "getrusage", Kind.EMULATED, SystemInfoCalls::usage);
        table.add(99, "sysinfo", Kind.EMULATED, SystemInfoCalls::sysinfo);
        table.add(100, "times", Kind.EMULATED, SystemInfoCalls::times);
        table.add(157, "prctl", Kind.EMULATED, ProcessControl::call);
        table.add(203, "sched_setaffinity", Kind.EMULATED, "one processor", SystemInfoCalls::setAffinity);
        table.add(204, "sched_getaffinity", Kind.EMULATED, "one processor", SystemInfoCalls::getAffinity);
        table.add(309, "getcpu", Kind.CONSTANT, "one processor", SystemInfoCalls::getCpu);
        table.add(324, "membarrier", Kind.EMULATED, "threads take turns", SystemInfoCalls::membarrier);
        table.add(135, "personality", Kind.EMULATED, "PER_LINUX", SystemInfoCalls::personality);
        table.add(140, "getpriority", Kind.EMULATED, (p, _) -> 20 - p.state().nice);
        table.add(141, "setpriority", Kind.EMULATED, SystemInfoCalls::setPriority);
        table.add(251, "ioprio_set", Kind.CONSTANT, (_, _) -> 0);
        table.add(252, "ioprio_get", Kind.CONSTANT, "best effort, 4", (_, _) -> 2 << 13 | 4);
        table.add(239, "get_mempolicy", Kind.CONSTANT, "one node", SystemInfoCalls::memoryPolicy);
        table.constant(334, "rseq", -Errno.ENOSYS, "programs do without");
    }

    private static long random(Program program, long[] a) {
        if ((a[2] & ~RANDOM_FLAGS) != 0 || (a[2] & 6) == 6) {
            return -Errno.EINVAL;
        }
        int count = a[1] < 0 ? RANDOM_BYTES_MAX : (int) Math.min(a[1], RANDOM_BYTES_MAX);
        for (int done = 0; done < count; ) {
            byte[] bytes = new byte[Math.min(PIECE, count - done)];
            RANDOM.nextBytes(bytes);
            program.space().write(a[0] + done, bytes);
            done += bytes.length;
        }
        return count;
    }

    private static long getLimit(Program program, long[] a) {
        return ResourceLimits.isResource(a[0] & 0xFFFF_FFFFL) ? putLimit(program, (int) a[0], a[1]) : -Errno.EINVAL;
    }

    private static long setLimit(Program program, long[] a) {
        if (!ResourceLimits.isResource(a[0] & 0xFFFF_FFFFL)) {
            return -Errno.EINVAL;
        }
        long soft = program.space().getLong(a[1]);
        return set(program, (int) a[0], soft, program.space().getLong(a[1] + 8));
    }

    private static long set(Program program, int resource, long soft, long hard) {
        long failed = program.state().limits.set(resource, soft, hard);
        if (failed == 0 && resource == ResourceLimits.NOFILE) {
            program.descriptors().limit((int) soft); // below the hard limit, which is an int
        }
        return failed;
    }

    private static long prlimit(Program program, long[] a) {
        if (!ResourceLimits.isResource(a[1] & 0xFFFF_FFFFL)) {
            return -Errno.EINVAL;
        }
        if (!isSelf(program, (int) a[0])) {
            return -Errno.ESRCH;
        }
        ResourceLimits limits = program.state().limits;
        int resource = (int) a[1];
        long soft = limits.soft(resource);
        long hard = limits.hard(resource);
        if (a[2] != 0) {
            long newSoft = program.space().getLong(a[2]);
            long failed = set(program, resource, newSoft, program.space().getLong(a[2] + 8));
            if (failed != 0) {
                return failed;
            }
        }
        if (a[3] != 0) {
            program.space().putLong(a[3], soft);
            program.space().putLong(a[3] + 8, hard);
        }
        return 0;
    }

    private static long putLimit(Program program, int resource, long to) {
        program.space().putLong(to, program.state().limits.soft(resource));
        program.space().putLong(to + 8, program.state().limits.hard(resource));
        return 0;
    }

    /** Whether a process or thread id is the program's own; 0 is. */
    static boolean isSelf(Program program, int id) {
        return id == 0
                || program.process().hasId(id)
                || program.process().threads.stream().anyMatch(thread -> thread.id == id);
    }

    private static long usage(Program program, long[] a) {
        int who = (int) a[0];
        if (who < RUSAGE_CHILDREN || who > RUSAGE_THREAD) {
            return -Errno.EINVAL;
        }
        ByteBuffer out = ByteBuffer.allocate(RUSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (who != RUSAGE_CHILDREN) {
            long now = System.nanoTime();
            CpuUse cpu = program.state().cpu;
            long nanos = who == RUSAGE_THREAD ? cpu.ofCurrent(program.current(), now) : cpu.total(now);
            out.putLong(nanos / NANOS_PER_SECOND).putLong(nanos / NANOS_PER_MICRO % MICROS);
            out.putLong(0).putLong(0); // time in the kernel is not told apart
            out.putLong(program.space().ram().usedBytes() >> 10);
            out.putLong(64, program.statistics().faults()); // minor faults
        }
        program.space().write(a[1], out.array());
        return 0;
    }

    private static long sysinfo(Program program, long[] a) {
        GuestRam ram = program.space().ram();
        ByteBuffer out = ByteBuffer.allocate(SYSINFO_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(System.nanoTime() / NANOS_PER_SECOND);
        out.putLong(32, ram.programBytes());
        out.putLong(40, (long) ram.available() << GuestRam.PAGE_BITS);
        out.putShort(80, (short) program.threads().size());
        out.putInt(104, 1); // the unit of memory in bytes
        program.space().write(a[0], out.array());
        return 0;
    }

    private static long times(Program program, long[] a) {
        long now = System.nanoTime();
        if (a[0] != 0) {
            program.space().putLong(a[0], program.state().cpu.total(now) / NANOS_PER_TICK);
            program.space().clear(a[0] + 8, 24);
        }
        return now / NANOS_PER_TICK;
    }

    private static long getAffinity(Program program, long[] a) {
        if ((a[1] & (CPU_MASK_BYTES - 1)) != 0 || a[1] < CPU_MASK_BYTES) {
            return -Errno.EINVAL;
        }
        if (!isSelf(program, (int) a[0])) {
            return -Errno.ESRCH;
        }
        program.space().putLong(a[2], 1);
        return CPU_MASK_BYTES;
    }

    private static long setAffinity(Program program, long[] a) {
        if (!isSelf(program, (int) a[0])) {
            return -Errno.ESRCH;
        }
        int length = (int) Math.min(a[1] & 0xFFFF_FFFFL, CPU_MASK_BYTES_MAX);
        byte[] mask = program.space().read(a[2], length);
        return length > 0 && (mask[0] & 1) != 0 ? 0 : -Errno.EINVAL;
    }

    private static long getCpu(Program program, long[] a) {
        for (int i = 0; i < 2; i++) {
            if (a[i] != 0) {
                program.space().putInt(a[i], 0);
            }
        }
        return 0;
    }

    private static long membarrier(Program program, long[] a) {
        // one processor: every change of thread is a barrier. QUERY, GLOBAL, PRIVATE_EXPEDITED and its registration
        return a[1] != 0
                ? -Errno.EINVAL
                : switch ((int) a[0]) {
                    case 0 -> 1 | 8 | 16;
                    case 1, 8, 16 -> 0;
                    default -> -Errno.EINVAL;
                };
    }

    private static long personality(Program program, long[] a) {
        ProcessState state = program.state();
        int before = state.personality;
        if ((int) a[0] != PERSONALITY_QUERY) {
            if ((a[0] & 0xFF) != 0) {
                return -Errno.EINVAL;
            }
            state.personality = (int) a[0];
        }
        return before;
    }

    private static long setPriority(Program program, long[] a) {
        if (a[0] < 0 || a[0] > 2) {
            return -Errno.EINVAL;
        }
        int wanted = Math.clamp((long) (int) a[2], NICE_LOWEST, NICE_HIGHEST);
        if (wanted < program.state().nice) {
            return -Errno.EACCES;
        }
        program.state().nice = wanted;
        return 0;
    }

    private static long memoryPolicy(Program program, long[] a) {
        if (a[4] != 0) {
            return -Errno.EINVAL;
        }
        if (a[0] != 0) {
            program.space().putInt(a[0], 0);
        }
        if (a[1] != 0 && a[2] > 0) {
            program.space().putLong(a[1], 0);
        }
        return 0;
    }
}
