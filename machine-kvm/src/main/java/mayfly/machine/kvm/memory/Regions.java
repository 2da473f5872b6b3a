package mayfly.machine.kvm.memory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The regions of an address space: disjoint, ordered. Copies share their content until one of them changes it. */
final class Regions {
    private NavigableMap<Long, Region> byStart;
    private boolean shared;
    /** No gap of this length or longer ends above {@link #knownEnd}: what the last search found out. */
    private long knownLength = Long.MAX_VALUE;

    private long knownEnd;
    private long knownTop;

    private Regions(NavigableMap<Long, Region> byStart, boolean shared) {
        this.byStart = byStart;
        this.shared = shared;
    }

    static Regions empty() {
        return new Regions(new TreeMap<>(), false);
    }

    /** Costs nothing until either is changed. */
    Regions copy() {
        shared = true;
        return new Regions(byStart, true);
    }

    private NavigableMap<Long, Region> own() {
        if (shared) {
            byStart = new TreeMap<>(byStart);
            shared = false;
        }
        return byStart;
    }

    int count() {
        return byStart.size();
    }

    Collection<Region> all() {
        return List.copyOf(byStart.values());
    }

    /** All, to be gone through before any of them changes. */
    Collection<Region> each() {
        return byStart.values();
    }

    @Nullable
    Region at(long address) {
        Map.Entry<Long, Region> below = byStart.floorEntry(address);
        return below != null && address < below.getValue().end() ? below.getValue() : null;
    }

    boolean isFree(long from, long until) {
        Map.Entry<Long, Region> below = byStart.lowerEntry(until);
        return below == null || below.getValue().end() <= from;
    }

    /** Whether every address in the range is in some region. */
    boolean covers(long from, long until) {
        long at = from;
        while (at < until) {
            Region region = at(at);
            if (region == null) {
                return false;
            }
            at = region.end();
        }
        return true;
    }

    /** The highest free range of a length that ends at or below {@code top}; -1 when there is none above {@code bottom}. */
    long gapBelow(long top, long length, long bottom) {
        // without it a program with many regions would pay for all of them at each new one
        boolean known = top == knownTop && length >= knownLength;
        long end = known ? knownEnd : top;
        Map.Entry<Long, Region> below = byStart.lowerEntry(end);
        while (true) {
            long floor =
                    below == null ? bottom : Math.max(bottom, below.getValue().end());
            if (end - floor >= length) {
                if (!known || length == knownLength) {
                    knownLength = length;
                    knownEnd = end;
                    knownTop = top;
                }
                return end - length;
            }
            if (below == null) {
                return -1;
            }
            end = Math.min(end, below.getValue().start());
            below = byStart.lowerEntry(below.getKey());
        }
    }

    /** Adds a region to a free place, joined with its neighbours where they continue each other. */
    void add(Region region) {
        NavigableMap<Long, Region> map = own();
        Region joined = region;
        Map.Entry<Long, Region> below = map.lowerEntry(region.start());
        if (below != null && continues(below.getValue(), joined)) {
            joined = join(below.getValue(), joined);
        }
        Map.Entry<Long, Region> above = map.higherEntry(region.start());
        if (above != null && continues(joined, above.getValue())) {
            map.remove(above.getKey());
            joined = join(joined, above.getValue());
        }
        map.put(joined.start(), joined);
    }

    private static boolean continues(Region low, Region high) {
        return low.end() == high.start()
                && low.protection() == high.protection()
                && Objects.equals(low.backing(), high.backing())
                && (low.backing() == null || low.offset() + low.length() == high.offset())
                && low.shared() == high.shared()
                && low.name().equals(high.name());
    }

    private static Region join(Region low, Region high) {
        return new Region(
                low.start(), high.end(), low.protection(), low.backing(), low.offset(), low.shared(), low.name());
    }

    /** Takes a range out, cutting regions that reach beyond it; gives the parts that were in it. */
    List<Region> remove(long from, long until) {
        List<Region> hit = within(from, until);
        if (hit.isEmpty()) {
            return hit;
        }
        NavigableMap<Long, Region> map = own();
        List<Region> parts = new ArrayList<>(hit.size());
        if (hit.getLast().end() > knownEnd) {
            knownLength = Long.MAX_VALUE;
        }
        for (Region region : hit) {
            map.remove(region.start());
            if (region.start() < from) {
                map.put(region.start(), region.part(region.start(), from));
            }
            if (region.end() > until) {
                map.put(until, region.part(until, region.end()));
            }
            parts.add(region.part(Math.max(from, region.start()), Math.min(until, region.end())));
        }
        return parts;
    }

    /** Replaces the parts of regions that lie in a range. */
    void change(long from, long until, UnaryOperator<Region> change) {
        for (Region part : remove(from, until)) {
            add(change.apply(part));
        }
    }

    /** The regions that have addresses in a range, whole. */
    List<Region> within(long from, long until) {
        if (from >= until) {
            return List.of(); // an empty range would cut the region around it in two
        }
        List<Region> found = new ArrayList<>();
        Map.Entry<Long, Region> entry = byStart.floorEntry(from);
        if (entry == null || entry.getValue().end() <= from) {
            entry = byStart.higherEntry(from);
        }
        while (entry != null && entry.getKey() < until) {
            found.add(entry.getValue());
            entry = byStart.higherEntry(entry.getKey());
        }
        return found;
    }
}
