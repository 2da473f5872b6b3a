package mayfly.machine.kvm.memory;

import mayfly.linux.Memory;

/** The pages of an address space: which lie behind the addresses of its regions, and whether others have them too. */
final class RegionPages {
    /** How many pages are read from a file at once. */
    private static final int RUN_PAGES = 64;
    /** How much a write makes a process's own of what it shares with others, aligned: an exit costs as much as 20 copies. */
    private static final long OWN_BYTES = 32 << 10;
    /** As long as there is as much memory left, pages are copied before they are written. */
    private static final int COPIES_LEAVE_PAGES = 1024;

    private final GuestRam ram;
    private final PageTables tables;
    private final Memory memory;

    RegionPages(GuestRam ram, PageTables tables) {
        this.ram = ram;
        this.tables = tables;
        memory = ram.memory();
    }

    /** Whether an entry lets a program do something. */
    static boolean allows(long entry, int wanted) {
        return entry != 0
                && (wanted != Region.WRITE || (entry & PageTables.WRITE) != 0)
                && (wanted != Region.EXECUTE || (entry & PageTables.NO_EXECUTE) == 0);
    }

    /** Unmaps what is mapped in a range. */
    void release(long from, long until) {
        for (long at = from; at < until; at += GuestRam.PAGE) {
            at = tables.skipAbsent(at, until);
            int page = at < until ? tables.unmap(at) : -1;
            if (page >= 0) {
                ram.give(page);
            }
        }
    }

    /** Fills what is mapped in a range with zeroes. */
    void zero(long from, long until) {
        for (long at = tables.skipAbsent(from, until); at < until; at = tables.skipAbsent(at + GuestRam.PAGE, until)) {
            int page = PageTables.page(tables.any(at));
            if (ram.isShared(page)) {
                ram.give(tables.unmap(at)); // it is another process's too
            } else {
                memory.fill(GuestRam.address(page), GuestRam.PAGE, (byte) 0);
            }
        }
    }

    /** Lets the pages of a part of a region have the rights that the region has now. */
    void protect(Region region, long from, long until) {
        for (long at = tables.skipAbsent(from, until); at < until; at = tables.skipAbsent(at + GuestRam.PAGE, until)) {
            if (region.readable()) {
                tables.protect(at, mayWrite(region, tables.any(at)), region.executable());
            } else {
                tables.hide(at);
            }
        }
    }

    /** Whether the page of an entry may be written where it is: one that other processes have too is copied first. */
    private boolean mayWrite(Region region, long entry) {
        return region.writable() && (region.shared() || !ram.isShared(PageTables.page(entry)));
    }

    /**
     * Maps the pages of a region in another process's tables too: shared until either writes, those of shared regions for
     * good. False: no room for its page tables.
     */
    boolean share(Region region, PageTables others) {
        for (long at = region.start(); (at = tables.skipAbsent(at, region.end())) < region.end(); at += GuestRam.PAGE) {
            if (!region.shared()) {
                tables.forbidWrites(at);
            }
            long entry = tables.any(at);
            if (!others.copy(at, entry)) {
                return false;
            }
            ram.share(PageTables.page(entry));
        }
        return true;
    }

    /** Makes the page at an address, and some around it, the region's own to write. */
    void own(Region region, long address) {
        own(region, AddressSpace.pageDown(address), true);
        long from = Math.max(region.start(), address & -OWN_BYTES);
        long until = Math.min(region.end(), (address & -OWN_BYTES) + OWN_BYTES);
        for (long at = from; at < until; at += GuestRam.PAGE) {
            own(region, at, ram.available() > COPIES_LEAVE_PAGES);
        }
    }

    private void own(Region region, long at, boolean copies) {
        long entry = tables.entry(at);
        if (entry == 0 || (entry & PageTables.WRITE) != 0) {
            return;
        }
        int page = PageTables.page(entry);
        if (mayWrite(region, entry)) {
            tables.protect(at, true, region.executable());
        } else if (copies && region.writable()) {
            int copy = ram.take();
            if (copy >= 0) {
                memory.copy(GuestRam.address(copy), memory, GuestRam.address(page), GuestRam.PAGE);
                tables.replace(at, copy, region.executable());
                ram.give(page);
            }
        }
    }

    /** Maps all pages of a region; false: there are too few. */
    boolean populateAll(Region region) {
        if (region.length() >>> GuestRam.PAGE_BITS > ram.available()) {
            return false;
        }
        populate(region, region.start(), region.end());
        for (long at = region.start(); region.readable() && at < region.end(); at += GuestRam.PAGE) {
            if (tables.any(at) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Maps the pages of a part of a region that are not mapped, as far as memory goes. */
    void populate(Region region, long from, long until) {
        for (long at = from; at < until; ) {
            long hidden = tables.hidden(at);
            long done = GuestRam.PAGE;
            if (hidden != 0) {
                tables.unhide(at, mayWrite(region, hidden), region.executable());
            } else if (tables.entry(at) == 0) {
                done = fill(region, at, until);
                if (done == 0) {
                    return;
                }
            }
            at += done;
        }
    }

    /** Maps new pages from an address on, filled at once as far as they lie side by side; how many bytes. */
    private long fill(Region region, long at, long until) {
        int first = ram.take();
        if (first < 0) {
            return 0;
        }
        int count = 1;
        Backing backing = region.backing();
        if (backing != null) {
            while (count < RUN_PAGES && isAbsent(at + (long) count * GuestRam.PAGE, until)) {
                if (ram.takeAfter(first + count - 1) < 0) {
                    break;
                }
                count++;
            }
            var _ = backing.read(
                    memory, GuestRam.address(first), count * GuestRam.PAGE, region.offset() + (at - region.start()));
        }
        for (int i = 0; i < count; i++) {
            if (!tables.map(at + (long) i * GuestRam.PAGE, first + i, region.writable(), region.executable())) {
                for (int rest = count - 1; rest >= i; rest--) {
                    ram.give(first + rest);
                }
                return (long) i * GuestRam.PAGE;
            }
        }
        return (long) count * GuestRam.PAGE;
    }

    private boolean isAbsent(long at, long until) {
        return at < until && tables.entry(at) == 0 && tables.hidden(at) == 0;
    }
}
