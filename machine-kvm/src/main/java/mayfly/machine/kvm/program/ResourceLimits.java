package mayfly.machine.kvm.program;

import java.util.Arrays;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.Region;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * What setrlimit(2) set: soft and hard limit of each of sixteen resources, unsigned, {@link #INFINITY} for none. Kept
 * are NOFILE (descriptors), AS and DATA (bytes of memory that can be mapped); CPU, FSIZE, NPROC and the rest are
 * remembered for those who ask, and the machine's own limits hold.
 */
final class ResourceLimits {
    static final long INFINITY = -1;

    // asm-generic/resource.h
    static final int CPU = 0;
    static final int FSIZE = 1;
    static final int DATA = 2;
    static final int STACK = 3;
    static final int CORE = 4;
    static final int NPROC = 6;
    static final int NOFILE = 7;
    static final int MEMLOCK = 8;
    static final int AS = 9;
    static final int SIGPENDING = 11;
    static final int MSGQUEUE = 12;
    static final int NICE = 13;
    static final int RTPRIO = 14;
    private static final int COUNT = 16;

    private final long[] soft = new long[COUNT];
    private final long[] hard = new long[COUNT];

    ResourceLimits() {
        Arrays.fill(soft, INFINITY);
        Arrays.fill(hard, INFINITY);
        soft[STACK] = FirstStack.STACK_BYTES;
        both(CORE, 0);
        both(NPROC, Threads.MAX);
        both(NOFILE, Descriptors.MAX);
        both(MEMLOCK, 8 << 20);
        both(SIGPENDING, Threads.MAX);
        both(MSGQUEUE, 819_200);
        both(NICE, 0);
        both(RTPRIO, 0);
    }

    private void both(int resource, long value) {
        soft[resource] = value;
        hard[resource] = value;
    }

    static boolean isResource(long number) {
        return number >= 0 && number < COUNT;
    }

    long soft(int resource) {
        return soft[resource];
    }

    long hard(int resource) {
        return hard[resource];
    }

    /** 0, -EINVAL when soft is over hard, -EPERM when a hard limit would rise. */
    long set(int resource, long newSoft, long newHard) {
        if (Long.compareUnsigned(newSoft, newHard) > 0) {
            return -Errno.EINVAL;
        }
        if (Long.compareUnsigned(newHard, hard[resource]) > 0) {
            return -Errno.EPERM;
        }
        soft[resource] = newSoft;
        hard[resource] = newHard;
        return 0;
    }

    /**
     * Whether AS or DATA forbid to map more.
     *
     * @param more bytes, whatever the program said
     * @param data whether they are private and can be written
     */
    boolean forbid(AddressSpace space, long more, boolean data) {
        boolean limited = soft[AS] >= 0 || (data && soft[DATA] >= 0);
        if (!limited || more <= 0) {
            return false;
        }
        long all = 0;
        long writable = 0;
        for (Region region : space.regions()) {
            long bytes = region.end() - region.start();
            all += bytes;
            writable += (region.protection() & Region.WRITE) != 0 ? bytes : 0;
        }
        return (soft[AS] >= 0 && more > soft[AS] - all) || (data && soft[DATA] >= 0 && more > soft[DATA] - writable);
    }

    void save(StateOut out) throws UnsavableException {
        for (int i = 0; i < COUNT; i++) {
            out.number(soft[i]);
            out.number(hard[i]);
        }
    }

    void load(StateIn in) throws DamagedException {
        for (int i = 0; i < COUNT; i++) {
            soft[i] = in.longNumber();
            hard[i] = in.longNumber();
        }
    }

    ResourceLimits copy() {
        ResourceLimits copy = new ResourceLimits();
        System.arraycopy(soft, 0, copy.soft, 0, COUNT);
        System.arraycopy(hard, 0, copy.hard, 0, COUNT);
        return copy;
    }
}
