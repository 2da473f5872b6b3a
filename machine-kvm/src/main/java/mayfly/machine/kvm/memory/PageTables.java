package mayfly.machine.kvm.memory;

import mayfly.linux.Memory;
import org.jspecify.annotations.Nullable;

/**
 * The guest's page tables, four levels of 512 entries, in the guest's own memory (AMD64 Architecture Programmer's Manual
 * volume 2, 5.3). Only the last level changes after a table was made: an entry above it, once set, points to the same
 * table for the machine's life. All entries have their accessed and dirty bits preset, which saves a fault per page.
 *
 * <p>KVM does not see changes that are made from here. A change from absent to present needs nothing; every other one is
 * remembered and takes effect at {@link GuestRam#flush}, which must come before the guest runs again.
 */
public final class PageTables {
    static final long PRESENT = 1;
    static final long WRITE = 2;
    static final long USER = 4;
    static final long NO_EXECUTE = 1L << 63;
    static final long ACCESSED_DIRTY = 0x60;
    /** A bit that the processor leaves to us (9 of 9 to 11). */
    static final long HIDDEN = 1 << 9;

    static final long FRAME = 0x000F_FFFF_FFFF_F000L;
    static final int INDEX_BITS = 9;
    static final int ENTRIES = 1 << INDEX_BITS;
    static final int LEVELS = 4;

    /** Where the machine's own tables are mapped, for privilege 0 only. */
    public static final long KERNEL_BASE = 0xFFFF_8000_0000_0000L;

    /** Behind the addresses, from {@link AddressSpace#TOP} on, where programs see pages of the machine's own. */
    private static final long OWN_END = AddressSpace.TOP + 0x10_0000;

    private final GuestRam ram;
    private final Memory memory;
    private final int root;

    /** The last table of the last look-up: pages come in runs. */
    private long cachedRegion = -1;

    private long cachedTable;

    private PageTables(GuestRam ram, int root) {
        this.ram = ram;
        memory = ram.memory();
        this.root = root;
    }

    /** New and empty. Throws when there is no room for even one table. */
    public static PageTables create(GuestRam ram) {
        int root = ram.takeTable(LEVELS - 1);
        if (root < 0) {
            throw new IllegalArgumentException("no room for page tables");
        }
        return new PageTables(ram, root);
    }

    /**
     * For another process, with nothing but the machine's own pages mapped, as in these; null when there is no room.
     * A root that was used before is taken first, with all its tables.
     */
    @Nullable
    PageTables another() {
        int spare = ram.spares().take();
        int made = spare >= 0 ? spare : ram.takeTable(LEVELS - 1);
        if (made < 0) {
            return null;
        }
        if (spare < 0) {
            ram.spares().made(made);
        }
        long kernel = index(KERNEL_BASE, LEVELS - 1) * 8;
        memory.putLong(GuestRam.address(made) + kernel, memory.getLong(GuestRam.address(root) + kernel));
        PageTables other = new PageTables(ram, made);
        for (long at = skipAbsent(AddressSpace.TOP, OWN_END);
                at < OWN_END;
                at = skipAbsent(at + GuestRam.PAGE, OWN_END)) {
            if (!other.put(at, entry(at))) {
                ram.spares().give(made);
                return null;
            }
        }
        return other;
    }

    /** Maps or hides a page as an entry of another process's says; false when page tables would need more room than there is. */
    boolean copy(long address, long entry) {
        return put(address, entry);
    }

    /** The entry of a page, mapped or hidden; 0 when there is none. */
    long any(long address) {
        long table = table(address, false);
        return table < 0 ? 0 : memory.getLong(table + index(address, 0) * 8);
    }

    /** Nobody is in these any more, and nothing of a program's is mapped. */
    void giveBack() {
        ram.spares().give(root);
    }

    /** Takes from programs the right to write a page, mapped or hidden. */
    void forbidWrites(long address) {
        put(address, any(address) & ~WRITE);
    }

    /** Lets an address show another page, which programs may write. */
    void replace(long address, int page, boolean execute) {
        put(address, user(page, true, execute));
    }

    /** Tables that are in the memory already. */
    static PageTables at(GuestRam ram, int root) {
        return new PageTables(ram, root);
    }

    int root() {
        return root;
    }

    /** The same tables in a copy of the memory. */
    public PageTables over(GuestRam copy) {
        return new PageTables(copy, root);
    }

    /** What CR3 holds. */
    public long rootAddress() {
        return GuestRam.address(root);
    }

    /** The entry of the page that holds an address; 0 when it is not mapped. */
    long entry(long address) {
        long table = table(address, false);
        long entry = table < 0 ? 0 : memory.getLong(table + index(address, 0) * 8);
        return (entry & PRESENT) == 0 ? 0 : entry;
    }

    /** Maps a page for programs; false when page tables would need more room than there is. */
    boolean map(long address, int page, boolean write, boolean execute) {
        return put(address, user(page, write, execute));
    }

    /** Maps a page of the machine itself at {@link #KERNEL_BASE} + its physical address. */
    public boolean mapKernel(int page) {
        long entry = GuestRam.address(page) | PRESENT | WRITE | ACCESSED_DIRTY;
        return put(KERNEL_BASE + GuestRam.address(page), entry);
    }

    /** Maps a page that programs may read and execute, and only the host writes. */
    public boolean mapShared(long address, int page, boolean execute) {
        return put(address, user(page, false, execute));
    }

    /** Maps a page of the machine itself that programs may read and write. */
    public boolean mapOpen(long address, int page) {
        return put(address, user(page, true, false));
    }

    private static long user(int page, boolean write, boolean execute) {
        return GuestRam.address(page)
                | PRESENT
                | USER
                | ACCESSED_DIRTY
                | (write ? WRITE : 0)
                | (execute ? 0 : NO_EXECUTE);
    }

    /** Changes what may be done with a mapped page; nothing when it is not mapped. */
    void protect(long address, boolean write, boolean execute) {
        long before = entry(address) | hidden(address);
        if (before != 0) {
            put(address, user(page(before), write, execute));
        }
    }

    /** Unmaps a page and gives its number; -1 when it was not mapped. */
    int unmap(long address) {
        long before = entry(address) | hidden(address);
        if (before == 0) {
            return -1;
        }
        put(address, 0);
        return page(before);
    }

    /** Makes sure that an address can be mapped; false when page tables would need more room than there is. */
    boolean prepare(long address) {
        return table(address, true) >= 0;
    }

    /** Maps or hides a page, which is mapped or hidden, at another address that is prepared. */
    void move(long from, long to) {
        long entry = entry(from) | hidden(from);
        put(from, 0);
        put(to, entry);
    }

    // A page that lost every permission keeps its content: its entry stays, without the present bit.

    /** Makes a mapped page inaccessible without unmapping it. */
    void hide(long address) {
        long before = entry(address);
        if (before != 0) {
            put(address, (before & FRAME) | HIDDEN);
        }
    }

    /** The entry of a hidden page; 0 when there is none. */
    long hidden(long address) {
        long table = table(address, false);
        long entry = table < 0 ? 0 : memory.getLong(table + index(address, 0) * 8);
        return (entry & (HIDDEN | PRESENT)) == HIDDEN ? entry : 0;
    }

    void unhide(long address, boolean write, boolean execute) {
        put(address, user(page(hidden(address)), write, execute));
    }

    /** The first address from {@code from} on whose page is mapped or hidden; {@code until} when there is none before. */
    long skipAbsent(long from, long until) {
        long at = from;
        while (at < until) {
            long table = table(at, false);
            if (table < 0) {
                long span = missing(at);
                at = (at & -span) + span;
            } else if (memory.getLong(table + index(at, 0) * 8) == 0) {
                at += GuestRam.PAGE;
            } else {
                return at;
            }
        }
        return until;
    }

    /** How many aligned addresses around one lack the same table. */
    private long missing(long address) {
        long table = GuestRam.address(root);
        int level = LEVELS - 1;
        for (; level > 1; level--) {
            long entry = memory.getLong(table + index(address, level) * 8);
            if (entry == 0) {
                break;
            }
            table = entry & FRAME;
        }
        return 1L << (GuestRam.PAGE_BITS + INDEX_BITS * level);
    }

    static int page(long entry) {
        return (int) ((entry & FRAME) >>> GuestRam.PAGE_BITS);
    }

    private boolean put(long address, long entry) {
        ram.writes++;
        long table = table(address, true);
        if (table < 0) {
            return false;
        }
        long at = table + index(address, 0) * 8;
        long before = memory.getLong(at);
        if (before != entry) {
            memory.putLong(at, entry);
            ram.changed(before);
        }
        return true;
    }

    /** The address in memory of the last-level table for an address; -1 when there is none. */
    private long table(long address, boolean make) {
        long region = address >>> (GuestRam.PAGE_BITS + INDEX_BITS);
        if (region == cachedRegion) {
            return cachedTable;
        }
        long table = GuestRam.address(root);
        for (int level = LEVELS - 1; level > 0; level--) {
            long at = table + index(address, level) * 8;
            long entry = memory.getLong(at);
            if (entry == 0) {
                int page = make ? ram.takeTable(level - 1) : -1;
                if (page < 0) {
                    return -1;
                }
                entry = GuestRam.address(page) | PRESENT | WRITE | USER | ACCESSED_DIRTY;
                memory.putLong(at, entry);
            }
            table = entry & FRAME;
        }
        cachedRegion = region;
        cachedTable = table;
        return table;
    }

    private static long index(long address, int level) {
        return (address >>> (GuestRam.PAGE_BITS + INDEX_BITS * level)) & (ENTRIES - 1);
    }
}
