package mayfly.machine.kvm.memory;

import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.LongPredicate;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A program's address space: what mmap(2) and its relatives do. Results are as the system calls give them: an address or
 * 0, or a negative errno. Addresses and lengths may be anything.
 */
public final class AddressSpace extends GuestBytes {
    /** The lowest address that can be mapped, as Linux's vm.mmap_min_addr. */
    public static final long BOTTOM = 0x10000;
    /** Behind the highest address that can be mapped. */
    public static final long TOP = 0x7FFF_FFF0_0000L;

    public static final int REGIONS_MAX = 65_530;
    /** Anonymous memory up to this size is mapped at once: 31 us per fault are more than a table's entries. */
    private static final long EAGER_BYTES = 1 << 20;

    private static final long EAGER_FILE_BYTES = 8 << 20;
    /** How much a fault maps, aligned. */
    private static final long FAULT_BYTES = 128 << 10;
    /** Below this size discarded memory is filled with zeroes, above it is given back. */
    private static final long DISCARD_IN_PLACE_BYTES = 256 << 10;

    private final GuestRam ram;
    private final PageTables tables;
    private final RegionPages pages;
    private Regions regions;
    /** Whether it ever had a shared region: most never do. */
    private boolean everShared;

    private long mapTop;
    private long breakStart;
    private long breakEnd;
    private LongPredicate mayKeep = bytes -> bytes <= 0;

    public AddressSpace(GuestRam ram, PageTables tables, long mapTop) {
        this(ram, tables, Regions.empty());
        this.mapTop = mapTop;
    }

    AddressSpace(GuestRam ram, PageTables tables, Regions regions) {
        super(ram.memory());
        this.ram = ram;
        this.tables = tables;
        this.regions = regions;
        everShared = regions.each().stream().anyMatch(Region::shared);
        pages = new RegionPages(ram, tables);
    }

    /** What is needed, besides the memory's content, to be as it was. */
    public record State(Object regions, GuestRam.State ram, long mapTop, long breakStart, long breakEnd) {}

    public State state() {
        return new State(regions.copy(), ram.state(), mapTop, breakStart, breakEnd);
    }

    public void restore(State state) {
        regions = ((Regions) state.regions()).copy();
        ram.restore(state.ram());
        mapTop = state.mapTop();
        breakStart = state.breakStart();
        breakEnd = state.breakEnd();
    }

    /** The address space of a copy of the memory. */
    public AddressSpace over(GuestRam copy) {
        AddressSpace space = new AddressSpace(copy, tables.over(copy), regions.copy());
        space.mapTop = mapTop;
        space.breakStart = breakStart;
        space.breakEnd = breakEnd;
        return space;
    }

    public PageTables tables() {
        return tables;
    }

    public GuestRam ram() {
        return ram;
    }

    /** What the program may use, in MiB. */
    public long limitMebibytes() {
        return ram.programBytes() >> 20; // the machine's own few pages do not show
    }

    public Collection<Region> regions() {
        return regions.all();
    }

    /** Whether what lies at an address may be other processes' too, for good. */
    public boolean isShared(long address) {
        Region region = everShared ? regions.at(address) : null;
        return region != null && region.shared();
    }

    public @Nullable Region region(long address) {
        return regions.at(address);
    }

    // ---- mapping ----

    /** Where a mapping may go. */
    public enum Place {
        /** At the address if it is free, else anywhere. */
        HINT,
        /** At the address, in place of what is there. */
        FIXED,
        /** At the address if it is free, else EEXIST. */
        FIXED_IF_FREE
    }

    /**
     * Maps memory.
     *
     * @param backing null for zeroes
     * @param reserve whether memory must be left for all of it
     * @return its address, or -EINVAL, -ENOMEM, -EEXIST
     */
    public long map(
            long address,
            long length,
            int protection,
            Place place,
            @Nullable Backing backing,
            long offset,
            boolean reserve,
            String name) {
        return map(address, length, protection, place, backing, offset, reserve, false, name);
    }

    /** The same; with {@code shared} forked processes see each other's writes to it. */
    public long map(
            long address,
            long length,
            int protection,
            Place place,
            @Nullable Backing backing,
            long offset,
            boolean reserve,
            boolean shared,
            String name) {
        if (length <= 0 || length > TOP) {
            return length == 0 ? -Errno.EINVAL : -Errno.ENOMEM;
        }
        long bytes = pageUp(length);
        if (regions.count() >= REGIONS_MAX) {
            return -Errno.ENOMEM;
        }
        if (reserve && (protection & Region.WRITE) != 0 && bytes >>> GuestRam.PAGE_BITS > ram.available()) {
            return -Errno.ENOMEM;
        }
        if (backing != null && backing.heldBytes() > 0 && !mayHold(backing)) {
            return -Errno.ENOMEM;
        }
        long at = place(address, bytes, place);
        if (at < 0) {
            return at;
        }
        Region region = new Region(at, at + bytes, protection, backing, offset, shared, name);
        regions.add(region);
        everShared |= shared;
        if (shared && !pages.populateAll(region)) {
            drop(at, at + bytes);
            return -Errno.ENOMEM;
        }
        if (region.readable() && bytes <= (backing == null ? EAGER_BYTES : EAGER_FILE_BYTES)) {
            pages.populate(region, at, at + bytes); // what finds no room now may find some when it is touched
        }
        return at;
    }

    /** What decides how much old states of files its mappings may keep, in bytes; told at each mapping of such a file. */
    public void limitHeld(LongPredicate allowed) {
        mayKeep = allowed;
    }

    /** A file that is written after each mapping of it leaves an old state in each. */
    private boolean mayHold(Backing added) {
        Set<Backing> all = Collections.newSetFromMap(new IdentityHashMap<>());
        all.add(added);
        for (Region region : regions.each()) {
            if (region.backing() != null) {
                all.add(region.backing());
            }
        }
        return mayKeep.test(all.stream().mapToLong(Backing::heldBytes).sum());
    }

    private long place(long address, long bytes, Place place) {
        if (place == Place.HINT) {
            long hint = pageDown(address);
            if (hint >= BOTTOM && hint <= TOP - bytes && regions.isFree(hint, hint + bytes)) {
                return hint;
            }
            long gap = regions.gapBelow(mapTop, bytes, BOTTOM);
            return gap < 0 ? -Errno.ENOMEM : gap;
        }
        if ((address & (GuestRam.PAGE - 1)) != 0) {
            return -Errno.EINVAL;
        }
        if (address < BOTTOM || address > TOP - bytes) {
            return address >= 0 && address < BOTTOM ? -Errno.EPERM : -Errno.ENOMEM;
        }
        if (place == Place.FIXED_IF_FREE) {
            return regions.isFree(address, address + bytes) ? address : -Errno.EEXIST;
        }
        drop(address, address + bytes);
        return address;
    }

    public long unmap(long address, long length) {
        long bytes = pageUp(length);
        if (!isRange(address, bytes) || bytes == 0) {
            return -Errno.EINVAL;
        }
        if (regions.count() >= REGIONS_MAX) {
            return -Errno.ENOMEM;
        }
        drop(address, address + bytes);
        return 0;
    }

    private void drop(long from, long until) {
        for (Region part : regions.remove(from, until)) {
            pages.release(part.start(), part.end());
        }
    }

    public long protect(long address, long length, int protection) {
        long bytes = pageUp(length);
        if ((address & (GuestRam.PAGE - 1)) != 0) {
            return -Errno.EINVAL;
        }
        if (length == 0) {
            return 0;
        }
        if (bytes == 0 || !isRange(address, bytes) || !regions.covers(address, address + bytes)) {
            return -Errno.ENOMEM;
        }
        if (regions.count() >= REGIONS_MAX) {
            return -Errno.ENOMEM;
        }
        regions.change(address, address + bytes, region -> region.with(protection));
        long end = address + bytes;
        for (Region region : regions.within(address, end)) {
            pages.protect(region, Math.max(address, region.start()), Math.min(end, region.end()));
        }
        if (protection != 0 && bytes <= EAGER_BYTES) {
            for (Region region : regions.within(address, end)) {
                pages.populate(region, Math.max(address, region.start()), Math.min(end, region.end()));
            }
        }
        return 0;
    }

    /** mremap(2) without MREMAP_FIXED. */
    public long remap(long address, long oldLength, long newLength, boolean mayMove) {
        long before = pageUp(oldLength);
        long after = pageUp(newLength);
        if (after <= 0
                || before == 0
                || (address & (GuestRam.PAGE - 1)) != 0
                || after > TOP
                || !isRange(address, before)) {
            return -Errno.EINVAL;
        }
        Region region = regions.at(address);
        if (region == null || region.end() < address + before) {
            return -Errno.EFAULT;
        }
        if (regions.count() >= REGIONS_MAX) {
            return -Errno.ENOMEM;
        }
        if (after <= before) {
            drop(address + after, address + before);
            return address;
        }
        if (region.writable() && (after - before) >>> GuestRam.PAGE_BITS > ram.available()) {
            return -Errno.ENOMEM;
        }
        if (address + after <= TOP && regions.isFree(address + before, address + after)) {
            Region grown = region.part(address, address + before);
            extend(new Region(
                    address + before,
                    address + after,
                    grown.protection(),
                    grown.backing(),
                    grown.offset() + before,
                    grown.shared(),
                    grown.name()));
            return address;
        }
        return mayMove ? move(region.part(address, address + before), after) : -Errno.ENOMEM;
    }

    private void extend(Region region) {
        regions.add(region);
        if (region.readable() && (region.shared() || region.length() <= EAGER_BYTES)) {
            pages.populate(region, region.start(), region.end());
        }
    }

    private long move(Region old, long length) {
        long to = regions.gapBelow(mapTop, length, BOTTOM);
        if (to < 0) {
            return -Errno.ENOMEM;
        }
        Region moved = old.movedTo(to);
        for (long at = old.start(); (at = tables.skipAbsent(at, old.end())) < old.end(); at += GuestRam.PAGE) {
            if (!tables.prepare(at - old.start() + to)) {
                return -Errno.ENOMEM;
            }
        }
        regions.remove(old.start(), old.end());
        Region whole =
                new Region(to, to + length, old.protection(), old.backing(), old.offset(), old.shared(), old.name());
        regions.add(whole);
        for (long at = old.start(); (at = tables.skipAbsent(at, old.end())) < old.end(); at += GuestRam.PAGE) {
            tables.move(at, at - old.start() + to);
        }
        if (whole.readable() && length - moved.length() <= EAGER_BYTES) {
            pages.populate(whole, to + moved.length(), to + length);
        }
        return to;
    }

    /** Where the heap of brk(2) begins. */
    public void startBreak(long address) {
        breakStart = pageUp(address);
        breakEnd = breakStart;
    }

    /** brk(2): the new end of the heap, or the old one when it cannot be. */
    public long setBreak(long wanted) {
        if (wanted < breakStart || wanted > mapTop) {
            return breakEnd;
        }
        long before = pageUp(breakEnd);
        long after = pageUp(wanted);
        if (after < before) {
            drop(after, before);
        } else if (after > before) {
            if ((after - before) >>> GuestRam.PAGE_BITS > ram.available() || !regions.isFree(before, after)) {
                return breakEnd;
            }
            extend(new Region(before, after, Region.READ | Region.WRITE, null, 0, false, "[heap]"));
        }
        breakEnd = wanted;
        return wanted;
    }

    /** madvise(MADV_DONTNEED): anonymous memory reads as zeroes again, mapped files as the file. */
    public long discard(long address, long length) {
        long bytes = pageUp(length);
        if ((address & (GuestRam.PAGE - 1)) != 0 || length < 0) {
            return -Errno.EINVAL;
        }
        if (!isRange(address, bytes)) {
            return -Errno.ENOMEM;
        }
        for (Region region : regions.within(address, address + bytes)) {
            long from = Math.max(address, region.start());
            long until = Math.min(address + bytes, region.end());
            if (region.shared()) {
                continue; // it stays, for all who have it
            }
            if (region.backing() == null && until - from <= DISCARD_IN_PLACE_BYTES) {
                pages.zero(from, until);
            } else {
                pages.release(from, until);
            }
        }
        return regions.covers(address, address + bytes) ? 0 : -Errno.ENOMEM;
    }

    // ---- pages on demand ----

    /**
     * The program touched an address that its page tables do not allow. Whether it may go on now.
     *
     * @param wanted what it tried: {@link Region#READ}, WRITE or EXECUTE
     */
    public boolean fault(long address, int wanted) {
        Region region = regions.at(address);
        if (region == null || !region.readable() || (wanted != Region.READ && !region.allows(wanted))) {
            return false;
        }
        if (wanted == Region.WRITE && tables.entry(address) != 0) {
            pages.own(region, address);
            return RegionPages.allows(tables.entry(address), wanted);
        }
        long from = Math.max(region.start(), address & -FAULT_BYTES);
        long until = Math.min(region.end(), (address & -FAULT_BYTES) + FAULT_BYTES);
        pages.populate(region, from, until);
        return RegionPages.allows(tables.entry(address), wanted);
    }

    // ---- processes ----

    /**
     * A copy for a new process. Pages are shared until either writes; those of shared regions for good.
     *
     * @return null when there is no room for its page tables
     */
    public @Nullable AddressSpace fork() {
        PageTables others = tables.another();
        if (others == null) {
            return null;
        }
        AddressSpace child = new AddressSpace(ram, others, regions.copy());
        child.mapTop = mapTop;
        child.breakStart = breakStart;
        child.breakEnd = breakEnd;
        ram.expectManyChanges();
        for (Region region : regions.each()) {
            if (!pages.share(region, others)) {
                child.close();
                return null;
            }
        }
        return child;
    }

    /** An empty one for another program; null when there is no room for its page tables. */
    public @Nullable AddressSpace another(long itsMapTop) {
        PageTables others = tables.another();
        return others == null ? null : new AddressSpace(ram, others, itsMapTop);
    }

    /** Its last process ended: gives everything back. */
    public void close() {
        ram.expectManyChanges();
        drop(BOTTOM, TOP);
        tables.giveBack();
    }

    // ---- following the guest's addresses ----

    /**
     * Where in {@link #memory} a guest address is.
     *
     * @throws GuestFault the program itself could not read, or write, there
     */
    @Override
    public long host(long address, boolean write) {
        long entry = tables.entry(address);
        int wanted = write ? Region.WRITE : Region.READ;
        ram.writes += write ? 1 : 0;
        if (address < BOTTOM
                || address >= TOP
                || (entry & PageTables.USER) == 0
                || !RegionPages.allows(entry, wanted)) {
            if (address < BOTTOM || address >= TOP || !fault(address, wanted)) {
                throw new GuestFault();
            }
            entry = tables.entry(address);
        }
        return GuestRam.address(PageTables.page(entry)) | (address & (GuestRam.PAGE - 1));
    }

    /** How many bytes from an address on, at most {@code length}, lie side by side in {@link #memory}. */
    public int run(long address, int length, boolean write) {
        long first = host(address, write);
        int bytes = GuestRam.PAGE - (int) (address & (GuestRam.PAGE - 1));
        while (bytes < length) {
            long next = address + bytes;
            if (next >= TOP || !RegionPages.allows(tables.entry(next), write ? Region.WRITE : Region.READ)) {
                break;
            }
            if (host(next, write) != first + bytes) {
                break;
            }
            bytes += GuestRam.PAGE;
        }
        return Math.min(bytes, length);
    }

    private static boolean isRange(long address, long bytes) {
        return (address & (GuestRam.PAGE - 1)) == 0
                && address >= 0
                && bytes >= 0
                && bytes <= TOP
                && address <= TOP - bytes;
    }

    public static long pageUp(long bytes) {
        return (bytes + GuestRam.PAGE - 1) & -GuestRam.PAGE;
    }

    public static long pageDown(long address) {
        return address & -GuestRam.PAGE;
    }
}
