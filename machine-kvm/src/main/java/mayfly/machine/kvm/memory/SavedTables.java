package mayfly.machine.kvm.memory;

import java.util.BitSet;
import mayfly.linux.Memory;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;

/**
 * Looks through page tables that came with a saved snapshot before a machine runs on them: that each leads to what it
 * should, that the machine's own pages are mapped where they belong and with no other rights, that programs reach no page
 * of the machine's, no page twice, and none that is free.
 */
final class SavedTables {
    private static final int KERNEL_INDEX = (int) (PageTables.KERNEL_BASE >>> 39 & (PageTables.ENTRIES - 1));
    private static final long TABLE_BITS =
            PageTables.PRESENT | PageTables.WRITE | PageTables.USER | PageTables.ACCESSED_DIRTY;
    private static final long KERNEL_BITS = PageTables.PRESENT | PageTables.WRITE | PageTables.ACCESSED_DIRTY;
    private static final long SHARED_BITS = PageTables.PRESENT | PageTables.USER | PageTables.ACCESSED_DIRTY;

    private final StateIn in;
    private final GuestRam ram;
    private final Memory memory;
    private final int used;
    private final BitSet tables = new BitSet();
    private final BitSet taken = new BitSet();
    private int own;

    SavedTables(StateIn in, GuestRam ram) throws DamagedException {
        this.in = in;
        this.ram = ram;
        memory = ram.memory();
        used = (int) (ram.usedBytes() >>> GuestRam.PAGE_BITS);
        for (int page : ram.state().free()) {
            in.require(!taken.get(page), "page " + page + " is free twice");
            taken.set(page);
        }
    }

    void check(int root) throws DamagedException {
        check(root, PageTables.LEVELS - 1, 0);
        boolean withAnswers = own == Layout.RESERVED_PAGES - 1;
        in.require(withAnswers || own == Layout.ANSWERS_PAGE - 1, "the machine's own pages are not all mapped");
    }

    private void check(int table, int level, long base) throws DamagedException {
        in.require(
                ram.levelOf(table) == level && !tables.get(table), "page " + table + " is no table of level " + level);
        tables.set(table);
        long at = GuestRam.address(table);
        for (int i = 0; i < PageTables.ENTRIES; i++) {
            long entry = memory.getLong(at + i * 8L);
            if (entry == 0) {
                continue;
            }
            long address = base | (long) i << (GuestRam.PAGE_BITS + PageTables.INDEX_BITS * level);
            if (level == 0) {
                checkPage(entry, address);
            } else {
                in.require((entry & ~PageTables.FRAME) == TABLE_BITS, "an entry above the last level");
                boolean high = level == PageTables.LEVELS - 1 && i >= PageTables.ENTRIES / 2;
                in.require(!high || i == KERNEL_INDEX, "a page table where nothing is");
                check(PageTables.page(entry), level - 1, high ? PageTables.KERNEL_BASE : address);
            }
        }
    }

    private void checkPage(long entry, long address) throws DamagedException {
        int page = PageTables.page(entry);
        if (page < Layout.RESERVED_PAGES) {
            in.require(isOwn(entry, address, page), "a page of the machine's is mapped where it does not belong");
            own++;
            return;
        }
        long rights = entry & ~PageTables.FRAME;
        boolean hidden = rights == PageTables.HIDDEN;
        boolean mapped = (rights & ~(PageTables.WRITE | PageTables.NO_EXECUTE)) == SHARED_BITS;
        in.require(hidden || mapped, "an entry with unknown bits");
        in.require(
                address >= AddressSpace.BOTTOM && address < AddressSpace.TOP,
                "a program's page at 0x" + Long.toHexString(address));
        in.require(page < used && !taken.get(page), "page " + page + " is mapped twice, or is nobody's");
        taken.set(page);
    }

    private static boolean isOwn(long entry, long address, int page) {
        if (page <= Layout.STACK_PAGE) {
            return page > 0
                    && address == PageTables.KERNEL_BASE + GuestRam.address(page)
                    && entry == (GuestRam.address(page) | KERNEL_BITS);
        }
        long shared = GuestRam.address(page) | SHARED_BITS;
        return switch (page) {
            case Layout.ENTRY_PAGE -> address == Layout.ENTRY && entry == shared;
            case Layout.VDSO_PAGE -> address == Layout.VDSO && entry == shared;
            case Layout.VDSO_DATA_PAGE -> address == Layout.VDSO_DATA && entry == (shared | PageTables.NO_EXECUTE);
            default ->
                address == Layout.ANSWERS + GuestRam.address(page - Layout.ANSWERS_PAGE)
                        && entry == (shared | PageTables.WRITE | PageTables.NO_EXECUTE);
        };
    }
}
