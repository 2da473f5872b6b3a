package mayfly.machine.kvm.program;

import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;

/**
 * What a thread leaves behind: locks that it holds are marked, so that the next owner learns of it
 * (Documentation/locking/robust-futex-ABI.rst). The list is in the program's memory and may be anything.
 */
final class RobustList {
    /** linux/futex.h: ROBUST_LIST_LIMIT. */
    private static final int ENTRIES_MAX = 2048;

    static final int HEAD_BYTES = 24;

    private static final int WAITERS = 0x8000_0000;
    private static final int OWNER_DIED = 0x4000_0000;
    private static final int OWNER = 0x3FFF_FFFF;
    /** In an entry's address: the lock inherits priorities, which we do not offer. */
    private static final long INHERITS = 1;

    private final Program program;
    private final GuestThread thread;

    private RobustList(Program program, GuestThread thread) {
        this.program = program;
        this.thread = thread;
    }

    /** Goes through the list of a thread that ends. */
    static void release(Program program, GuestThread thread) {
        if (thread.robustList != 0) {
            try {
                new RobustList(program, thread).release(thread.robustList);
            } catch (GuestFault damaged) {
                thread.robustList = 0; // as Linux: the rest is left as it is
            }
        }
    }

    private void release(long head) {
        AddressSpace space = program.space();
        long offset = space.getLong(head + 8);
        long pending = space.getLong(head + 16) & ~INHERITS;
        long entry = space.getLong(head);
        for (int i = 0; i < ENTRIES_MAX && (entry & ~INHERITS) != head; i++) {
            long next = space.getLong(entry & ~INHERITS);
            if ((entry & ~INHERITS) != pending) {
                release((entry & ~INHERITS) + offset, false);
            }
            entry = next;
        }
        if (pending != 0) {
            release(pending + offset, true);
        }
    }

    private void release(long word, boolean pending) {
        if ((word & 3) != 0) {
            return;
        }
        int value = program.space().getInt(word);
        if (pending && value == 0) { // it was unlocked, and nobody told the waiter yet
            wake(word);
        } else if ((value & OWNER) == thread.id) {
            program.space().putInt(word, (value & WAITERS) | OWNER_DIED);
            if ((value & WAITERS) != 0) {
                wake(word);
            }
        }
    }

    private void wake(long word) {
        var _ = FutexCalls.wake(program, word, 0, 1, Futexes.ANY);
    }
}
