package mayfly.machine.kvm.memory;

import mayfly.linux.Memory;
import org.jspecify.annotations.Nullable;

/** The page tables of all processes of a machine, as its reset sees them: pages of the pool. */
public final class TablePool {
    private final GuestRam ram;
    private final Memory memory;

    public TablePool(GuestRam ram) {
        this.ram = ram;
        memory = ram.memory();
    }

    /** Whether the page of the pool at a byte offset is a table of the last level. */
    public boolean isLastLevel(long offset) {
        return ram.isLastLevel((int) (offset >>> GuestRam.PAGE_BITS));
    }

    /**
     * Puts the tables in a range of the pool back to an original, entry by entry. Tables above the last level keep what
     * was added to them, and tables that the original does not have stay, empty.
     *
     * @param from byte offsets in the memory, page-aligned
     * @param original of the whole memory
     * @param originalEnd where the original's tables end
     */
    public void revert(long from, long until, Memory original, long originalEnd) {
        for (long table = from; table < until; table += GuestRam.PAGE) {
            if (isLastLevel(table)) {
                revert(table, table < originalEnd ? original : null);
            }
        }
    }

    private void revert(long table, @Nullable Memory original) {
        if (original != null && memory.mismatch(original, table, GuestRam.PAGE) < 0) {
            return;
        }
        for (long at = table; at < table + GuestRam.PAGE; at += 8) {
            long wanted = original == null ? 0 : original.getLong(at);
            long entry = memory.getLong(at);
            if (entry != wanted) {
                memory.putLong(at, wanted);
                ram.changed(entry);
            }
        }
    }
}
