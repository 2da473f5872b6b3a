package mayfly.machine.kvm;

import java.util.Arrays;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.linux.PageFaults;
import mayfly.linux.Pagemap;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.TablePool;

/**
 * Puts a forked machine's memory back to its snapshot: copies the snapshot's content over every page that became the
 * machine's own. They stay its own, so the next request takes no page faults for them; beyond a limit they are given back.
 *
 * <p>Finding these pages takes the kernel 40 ns for each page that the machine ever touched. But a page becomes the
 * machine's own by a page fault, and by nothing else: as long as the thread had none while it let the machine run, and
 * the host wrote nothing in between, the pages are the same as last time. Now and then they are looked for nevertheless,
 * to see whether that holds. Belongs to the machine's thread.
 */
final class Rewind implements AutoCloseable {
    /** Pages that a machine may keep between requests: 16 MiB. */
    private static final int KEPT_PAGES_MAX = 4096;

    private static final int RANGES_AT_ONCE = 1024;
    private static final int CHECKED_EVERY = 256;

    private final Snapshot snapshot;
    private final Memory memory;
    private final GuestRam ram;
    private final TablePool tables;
    private final Pagemap pagemap;
    private final PageFaults faults = new PageFaults();

    /** The machine's own pages, as pairs of byte offsets, ascending: those of programs, then those of page tables. */
    private long[] own = new long[128];

    private int ownCount;
    private int ownTables;
    /** How far programs ever got: pages behind it are nobody's. */
    private long searchedUntil;
    /** Whether {@link #own} is right. */
    private boolean known;

    private long faultsBefore;
    private long writesBefore;
    /** How often in a row it was taken for right. */
    private int trusted;

    private int searches;
    private int kept;
    private int restored;
    private boolean discarded;

    Rewind(Snapshot snapshot, Memory memory, GuestRam ram) throws ErrnoException {
        this.snapshot = snapshot;
        this.memory = memory;
        this.ram = ram;
        tables = new TablePool(ram);
        pagemap = Pagemap.open(RANGES_AT_ONCE);
    }

    /** The calling thread is about to let the machine run. */
    void beforeRun() throws ErrnoException {
        known &= ram.writes() == writesBefore;
        faultsBefore = faults.ofThisThread();
    }

    void afterRun() throws ErrnoException {
        known &= faults.ofThisThread() == faultsBefore;
        writesBefore = ram.writes();
    }

    /** Does it; gives the number of pages that the machine may have changed. */
    int run() throws ErrnoException {
        known &= ram.writes() == writesBefore;
        if (!known) {
            search();
            trusted = 0;
        } else if (++trusted == CHECKED_EVERY) {
            trusted = 0;
            check();
        }
        restore();
        known = !discarded;
        writesBefore = ram.writes();
        return restored;
    }

    private void search() throws ErrnoException {
        searches++;
        ownCount = 0;
        searchedUntil = Math.max(searchedUntil, ram.usedBytes());
        pagemap.privatePages(memory, 0, searchedUntil, this::found);
        ownTables = ownCount;
        pagemap.privatePages(memory, snapshot.tablesFrom(), ram.tableBytesEnd(), this::found);
    }

    int searches() {
        return searches;
    }

    private void found(long from, long until) {
        long ours = GuestRam.address(Layout.VDSO_DATA_PAGE);
        if (from <= ours && ours < until) { // the machine's own clock is not put back
            add(from, ours);
            add(ours + GuestRam.PAGE, until);
        } else {
            add(from, until);
        }
    }

    private void add(long from, long until) {
        if (from == until) {
            return;
        }
        if (ownCount == own.length) {
            own = Arrays.copyOf(own, ownCount * 2);
        }
        own[ownCount++] = from;
        own[ownCount++] = until;
    }

    private void check() throws ErrnoException {
        long[] before = Arrays.copyOf(own, ownCount);
        search();
        if (!Arrays.equals(before, 0, before.length, own, 0, ownCount)) {
            throw new IllegalStateException("the machine's own pages became others without a page fault");
        }
    }

    private void restore() {
        kept = 0;
        restored = 0;
        discarded = false;
        long used = ram.usedBytes(); // pages behind it were not used since they were filled with zeroes
        for (int i = 0; i < ownTables; i += 2) {
            restore(own[i], own[i + 1], used);
        }
        for (int i = ownTables; i < ownCount; i += 2) {
            restored += pages(own[i + 1] - own[i]);
            tables.revert(own[i], own[i + 1], snapshot.view(), snapshot.tablesEnd());
        }
        ram.flush();
    }

    private void restore(long from, long until, long used) {
        long keptUntil = Math.min(until, from + GuestRam.address(KEPT_PAGES_MAX - kept));
        kept += pages(keptUntil - from);
        copy(from, Math.min(keptUntil, used));
        if (keptUntil < until) {
            discarded = true;
            discard(keptUntil, until);
        }
    }

    private void copy(long from, long until) {
        long count = until - from;
        if (count <= 0) {
            return;
        }
        restored += pages(count);
        long shared = Math.clamp(snapshot.usedBytes() - from, 0, count);
        if (shared > 0) {
            memory.copy(from, snapshot.view(), from, shared);
        }
        if (shared < count) {
            memory.fill(from + shared, count - shared, (byte) 0);
        }
    }

    private void discard(long from, long until) {
        restored += pages(until - from);
        try {
            memory.discard(from, until - from);
        } catch (ErrnoException e) {
            throw new IllegalStateException("guest pages cannot be given back", e);
        }
    }

    private static int pages(long bytes) {
        return (int) (bytes >>> GuestRam.PAGE_BITS);
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

    /** As {@link #differences}, of the pages only that the kernel says are the machine's own: no other one can differ. */
    int differencesOfOwn() throws ErrnoException {
        int[] different = new int[1];
        long ours = GuestRam.address(Layout.VDSO_DATA_PAGE);
        pagemap.privatePages(memory, 0, ram.programBytes(), (from, until) -> {
            for (long at = from; at < until; at += GuestRam.PAGE) {
                different[0] += at != ours && differs(at, at < snapshot.usedBytes()) ? 1 : 0;
            }
        });
        pagemap.privatePages(memory, snapshot.tablesFrom(), ram.tableBytesEnd(), (from, until) -> {
            for (long at = from; at < until; at += GuestRam.PAGE) {
                different[0] += tables.isLastLevel(at) && differs(at, at < snapshot.tablesEnd()) ? 1 : 0;
            }
        });
        return different[0];
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
        faults.close();
    }
}
