package mayfly.machine.kvm.memory;

import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;

/**
 * Pages that an entry pointed to which was present and is not so any more: KVM does not see that, and is made to look again
 * at {@link #flush}, which must come before the guest runs (adr/0007). They are gathered in runs, as they mostly come.
 */
final class StalePages {
    private final Memory memory;
    private int first;
    private int count;
    private boolean many;

    StalePages(Memory memory) {
        this.memory = memory;
    }

    void add(int page) {
        if (many) {
            return;
        }
        if (count > 0 && page == first + count) {
            count++;
        } else if (count > 0 && page == first - 1) {
            first--;
            count++;
        } else {
            bounce();
            first = page;
            count = 1;
        }
    }

    /** Most pages are about to come, in any order: all are bounced at once. */
    void expectMany() {
        many = true;
    }

    /** @param used pages from 0 on that can be mapped anywhere */
    void flush(int used) {
        if (many) {
            many = false;
            first = 0;
            count = used;
        }
        bounce();
    }

    private void bounce() {
        if (count == 0) {
            return;
        }
        try {
            memory.bounce(GuestRam.address(first), (long) count << GuestRam.PAGE_BITS);
        } catch (ErrnoException e) {
            throw new IllegalStateException("guest pages cannot be invalidated", e);
        }
        count = 0;
    }
}
