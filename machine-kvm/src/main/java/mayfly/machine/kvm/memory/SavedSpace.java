package mayfly.machine.kvm.memory;

import java.util.Collection;
import mayfly.linux.Memory;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** An address space in a saved snapshot: all but the memory's content. */
public final class SavedSpace {
    private static final int NAME_BYTES_MAX = 64 << 10;

    private SavedSpace() {}

    /** Gives the files that regions show a number. */
    @FunctionalInterface
    public interface Backings {
        int number(Backing backing) throws UnsavableException;
    }

    /** Knows the files by their numbers. */
    @FunctionalInterface
    public interface Loaded {
        Backing backing(int number) throws DamagedException;
    }

    public static void save(StateOut out, AddressSpace space, Backings backings) throws UnsavableException {
        space.ram().save(out);
        out.number(space.tables().root());
        AddressSpace.State state = space.state();
        save(out, (Regions) state.regions(), backings);
        out.number(state.mapTop());
        out.number(state.breakStart());
        out.number(state.breakEnd());
    }

    /**
     * One that was saved, for {@link AddressSpace#over}: nobody runs in it.
     *
     * @param memory with the content of the one that was saved
     */
    public static AddressSpace load(StateIn in, Memory memory, Loaded backings) throws DamagedException {
        GuestRam ram = GuestRam.load(in, memory);
        int root = in.number();
        new SavedTables(in, ram).check(root);
        Regions regions = regions(in, backings);
        long mapTop = in.longNumber(SavedSpace::isPage, "the top of mappings");
        long breakStart = in.longNumber(at -> at == 0 || isPage(at), "the start of the heap");
        long breakEnd = in.longNumber(at -> at >= breakStart && at <= AddressSpace.TOP, "the end of the heap");
        AddressSpace space = new AddressSpace(ram, PageTables.at(ram, root), regions);
        space.restore(new AddressSpace.State(regions, ram.state(), mapTop, breakStart, breakEnd));
        return space;
    }

    private static boolean isPage(long at) {
        return at >= AddressSpace.BOTTOM && at <= AddressSpace.TOP && AddressSpace.pageDown(at) == at;
    }

    private static void save(StateOut out, Regions regions, Backings backings) throws UnsavableException {
        Collection<Region> all = regions.each();
        out.number(all.size());
        for (Region region : all) {
            out.number(region.start());
            out.number(region.end());
            out.number(region.protection());
            Backing backing = region.backing();
            out.flag(backing != null);
            if (backing != null) {
                out.number(backings.number(backing));
            }
            out.number(region.offset());
            out.flag(region.shared());
            out.text(region.name());
        }
    }

    private static Regions regions(StateIn in, Loaded backings) throws DamagedException {
        Regions regions = Regions.empty();
        int count = in.count(AddressSpace.REGIONS_MAX, "regions");
        long before = AddressSpace.BOTTOM;
        for (int i = 0; i < count; i++) {
            Region region = region(in, backings);
            in.require(
                    region.start() >= before && region.end() > region.start() && region.end() <= AddressSpace.TOP,
                    "regions overlap or lie outside");
            in.require((region.start() | region.end()) % GuestRam.PAGE == 0, "a region of parts of pages");
            before = region.end();
            regions.add(region);
        }
        return regions;
    }

    private static Region region(StateIn in, Loaded backings) throws DamagedException {
        long start = in.longNumber();
        long end = in.longNumber();
        int protection = in.number(0, Region.READ | Region.WRITE | Region.EXECUTE, "a protection");
        @Nullable Backing backing = in.flag() ? backings.backing(in.number()) : null;
        // mremap(2) and its like may leave offsets behind a file's end, never before its start
        long offset = in.size("an offset");
        boolean shared = in.flag();
        return new Region(start, end, protection, backing, offset, shared, in.text(NAME_BYTES_MAX, "a region's name"));
    }
}
