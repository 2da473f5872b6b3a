package mayfly.machine.kvm.memory;

import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.linux.Pagemap;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * A guest's physical memory, handed out page by page. Pages are named by their number (address / 4096). A page that is
 * handed out reads as zeroes. Two ranges: [0, pages) for programs and the machine's own tables, and behind it a pool for
 * page tables, whose pages are never given back: KVM may keep what it derived from a page table, so the memory must
 * never become something else (adr/0007).
 */
public final class GuestRam {
    public static final int PAGE_BITS = 12;
    public static final int PAGE = 1 << PAGE_BITS;
    private static final int NONE = -1;

    private final Memory memory;
    private final int pages;
    private final int tableFirst;
    private final int tableEnd;

    /** Pages below it were handed out at least once, except the reserved ones at 0. */
    private int used;
    /** Stack of pages given back. */
    private int[] free = new int[64];

    private int freeCount;
    private int tablesUsed;
    /** Of each page of the pool in use: 0 for last-level tables. */
    private byte[] tableLevels;

    private final StalePages stale;
    private final Sharing sharing = new Sharing();
    private final SpareTables spares = new SpareTables();
    /** How often somebody was about to write to the memory, or wrote to a page table. */
    long writes;

    /**
     * @param memory all of it zeroes; the pages for programs and those for tables
     * @param reserved pages from 0 on that are somebody's already
     */
    public GuestRam(Memory memory, int pages, int tables, int reserved) {
        if (memory.size() != (long) (pages + tables) << PAGE_BITS) {
            throw new IllegalArgumentException("memory has " + memory.size() + " bytes, not " + pages + "+" + tables);
        }
        this.memory = memory;
        stale = new StalePages(memory);
        this.pages = pages;
        tableFirst = pages;
        tableEnd = pages + tables;
        used = reserved;
        tableLevels = new byte[tables];
    }

    /** How many there are for programs and the machine's own tables. */
    public int pages() {
        return pages;
    }

    /** What is needed to hand out the same pages again. */
    public record State(int used, int[] free, Sharing.State sharing, SpareTables.State spares) {}

    public State state() {
        return new State(used, java.util.Arrays.copyOf(free, freeCount), sharing.state(used), spares.state());
    }

    /** Goes back to an earlier state; content is the caller's business. Page tables stay. */
    public void restore(State state) {
        used = state.used();
        freeCount = state.free().length;
        if (free.length < freeCount) {
            free = new int[Math.max(64, freeCount)];
        }
        System.arraycopy(state.free(), 0, free, 0, freeCount);
        sharing.restore(state.sharing(), pages);
        spares.restore(state.spares());
    }

    /** Another machine's memory with this one's pages handed out and tables in place. */
    public GuestRam over(Memory other) {
        GuestRam ram = new GuestRam(other, pages, tableEnd - tableFirst, 0);
        ram.restore(state());
        ram.tablesUsed = tablesUsed;
        ram.tableLevels = tableLevels.clone();
        return ram;
    }

    void save(StateOut out) throws UnsavableException {
        out.number(pages);
        out.number(tableEnd - tableFirst);
        out.number(used);
        out.numbers(java.util.Arrays.copyOf(free, freeCount));
        out.block(java.util.Arrays.copyOf(tableLevels, tablesUsed));
    }

    /** @param memory of exactly the size that was saved */
    static GuestRam load(StateIn in, Memory memory) throws DamagedException {
        int pages = in.number(Layout.RESERVED_PAGES, Integer.MAX_VALUE >>> 1, "pages");
        int tables = in.number(1, Integer.MAX_VALUE >>> 1, "tables");
        in.require((long) (pages + tables) << PAGE_BITS == memory.size(), "the memory has another size");
        GuestRam ram = new GuestRam(memory, pages, tables, 0);
        int used = in.number(Layout.RESERVED_PAGES, pages, "used pages");
        int[] free = in.numbers(used, "free pages");
        for (int page : free) {
            in.require(page >= Layout.RESERVED_PAGES && page < used, "page " + page + " cannot be free");
        }
        ram.restore(new State(used, free, Sharing.NOBODY, SpareTables.NONE));
        byte[] levels = in.block(tables, "page tables");
        for (byte level : levels) {
            in.require(level >= 0 && level < PageTables.LEVELS, "a page table of level " + level);
        }
        System.arraycopy(levels, 0, ram.tableLevels, 0, levels.length);
        ram.tablesUsed = levels.length;
        return ram;
    }

    public Memory memory() {
        return memory;
    }

    /** What the kernel keeps for this machine alone and shares with no other. Any thread may ask, as long as the memory is there. */
    public long privateBytes(Pagemap pagemap) throws ErrnoException {
        long[] sum = new long[1];
        pagemap.privatePages(memory, 0, (long) tableEnd << PAGE_BITS, (from, until) -> sum[0] += until - from);
        return sum[0];
    }

    /** What a page of the pool is: 0 a last-level table, 1 to 3 those above; -1 when it is none in use. */
    int levelOf(int page) {
        return page >= tableFirst && page < tableFirst + tablesUsed ? tableLevels[page - tableFirst] : NONE;
    }

    /** Bytes in front of the page tables' pool. */
    public long programBytes() {
        return (long) pages << PAGE_BITS;
    }

    /** Where page tables end that are in use, in bytes. */
    public long tableBytesEnd() {
        return (long) (tableFirst + tablesUsed) << PAGE_BITS;
    }

    /** Pages that can still be handed out. */
    public int available() {
        return pages - used + freeCount;
    }

    /** Page tables that can still be made. */
    public int tablesLeft() {
        return tableEnd - tableFirst - tablesUsed;
    }

    /** Bytes from 0 on that were ever handed out. */
    public long usedBytes() {
        return (long) used << PAGE_BITS;
    }

    public static long address(int page) {
        return (long) page << PAGE_BITS;
    }

    /** A page of zeroes; -1 when all are in use. */
    int take() {
        if (freeCount > 0) {
            int page = free[--freeCount];
            memory.fill(address(page), PAGE, (byte) 0);
            return page;
        }
        return used < pages ? used++ : NONE;
    }

    /** The page behind another one, if it is the next in line, else {@link #NONE}. */
    int takeAfter(int page) {
        int next = freeCount > 0 ? free[freeCount - 1] : used;
        return next == page + 1 ? take() : NONE;
    }

    /** Another process maps a page too; {@link #give} is to be called once more for it. */
    void share(int page) {
        sharing.add(page, pages);
    }

    /** Whether several map a page. */
    boolean isShared(int page) {
        return sharing.isShared(page);
    }

    /** Tables that nothing is mapped by any more, for another process. */
    SpareTables spares() {
        return spares;
    }

    /** Gives a page back, which is free once nobody maps it any more. */
    void give(int page) {
        if (sharing.leave(page)) {
            return;
        }
        if (freeCount == free.length) {
            free = java.util.Arrays.copyOf(free, freeCount * 2);
        }
        free[freeCount++] = page;
    }

    /**
     * A page for a page table, for ever; -1 when the pool is used up.
     *
     * @param level 0 for the last level, whose entries point to programs' pages
     */
    int takeTable(int level) {
        if (tableFirst + tablesUsed == tableEnd) {
            return NONE;
        }
        tableLevels[tablesUsed] = (byte) level;
        return tableFirst + tablesUsed++;
    }

    /** Whether a page of the pool is a table of the last level. */
    boolean isLastLevel(int page) {
        return tableLevels[page - tableFirst] == 0;
    }

    /** Remembers that KVM may know an entry that is no longer so. */
    void changed(long before) {
        if ((before & PageTables.PRESENT) != 0) {
            stale.add(PageTables.page(before));
        }
    }

    /** Most entries are about to change. */
    void expectManyChanges() {
        stale.expectMany();
    }

    /** Makes all changes of page tables take effect; before the guest runs. */
    public void flush() {
        stale.flush(used);
    }

    /** Grows whenever somebody is about to write to the memory by a guest's addresses, or writes a page table's entry. */
    public long writes() {
        return writes;
    }
}
