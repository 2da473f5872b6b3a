package mayfly.machine.kvm;

import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.linux.Pagemap;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;

/**
 * Puts a forked machine's memory back to its snapshot: finds the pages that became its own, and copies the snapshot's
 * content over them. They stay its own, so the next request takes no page faults for them; beyond a limit they are given
 * back. Belongs to the machine's thread.
 */
final class Rewind implements AutoCloseable {
    /** Pages that a machine may keep between requests: 16 MiB. */
    private static final int KEPT_PAGES_MAX = 4096;

    private static final int RANGES_AT_ONCE = 1024;

    private final Snapshot snapshot;
    private final Memory memory;
    private final GuestRam ram;
    private final PageTables tables;
    private final Pagemap pagemap;

    private int kept;
    private int copied;

    Rewind(Snapshot snapshot, Memory memory, GuestRam ram, PageTables tables) throws ErrnoException {
        this.snapshot = snapshot;
        this.memory = memory;
        this.ram = ram;
        this.tables = tables;
        pagemap = Pagemap.open(RANGES_AT_ONCE);
    }

    /** Does it; gives the number of pages that the machine had changed or touched. */
    int run() throws ErrnoException {
        kept = 0;
        copied = 0;
        pagemap.privatePages(memory, 0, ram.usedBytes(), this::restore);
        pagemap.privatePages(memory, snapshot.tablesFrom(), ram.tableBytesEnd(), this::restoreTables);
        tables.flush();
        return copied;
    }

    private void restore(long from, long until) {
        long at = from;
        long ours = GuestRam.address(Layout.VDSO_DATA_PAGE);
        if (from <= ours && ours < until) { // the machine's own clock
            restore(from, ours);
            at = ours + GuestRam.PAGE;
        }
        long count = until - at;
        if (count <= 0) {
            return;
        }
        copied += (int) (count >>> GuestRam.PAGE_BITS);
        if (kept + (count >>> GuestRam.PAGE_BITS) > KEPT_PAGES_MAX) {
            discard(at, count);
            return;
        }
        kept += (int) (count >>> GuestRam.PAGE_BITS);
        long shared = Math.clamp(snapshot.usedBytes() - at, 0, count);
        if (shared > 0) {
            memory.copy(at, snapshot.view(), at, shared);
        }
        if (shared < count) {
            memory.fill(at + shared, count - shared, (byte) 0);
        }
    }

    private void discard(long at, long count) {
        try {
            memory.discard(at, count);
        } catch (ErrnoException e) {
            throw new IllegalStateException("guest pages cannot be given back", e);
        }
    }

    private void restoreTables(long from, long until) {
        copied += (int) ((until - from) >>> GuestRam.PAGE_BITS);
        tables.revert(from, until, snapshot.view(), snapshot.tablesEnd());
    }

    /** Compares all of the machine's memory with the snapshot; gives the number of pages that differ. For checks. */
    int differences() {
        int different = 0;
        long ours = GuestRam.address(Layout.VDSO_DATA_PAGE);
        for (long at = 0; at < ram.programBytes(); at += GuestRam.PAGE) {
            if (at != ours && differs(at, at < snapshot.usedBytes())) {
                different++;
            }
        }
        for (long at = snapshot.tablesFrom(); at < ram.tableBytesEnd(); at += GuestRam.PAGE) {
            if (tables.isLastLevel(at) && differs(at, at < snapshot.tablesEnd())) {
                different++;
            }
        }
        return different;
    }

    private boolean differs(long at, boolean inSnapshot) {
        if (inSnapshot) {
            return memory.mismatch(snapshot.view(), at, GuestRam.PAGE) >= 0;
        }
        for (long word = at; word < at + GuestRam.PAGE; word += 8) {
            if (memory.getLong(word) != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        pagemap.close();
    }
}
