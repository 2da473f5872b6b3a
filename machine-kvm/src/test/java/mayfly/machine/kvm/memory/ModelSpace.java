package mayfly.machine.kvm.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** What an address space should be, in the simplest way: a list of areas, and the pages that were written to. */
final class ModelSpace {
    static final int PAGE = GuestRam.PAGE;

    /** Addresses with one protection and one source of content. */
    record Area(
            long from, long until, int protection, @Nullable ModelFile file, long offset) {
        Area part(long begin, long end) {
            return new Area(begin, end, protection, file, offset + (begin - from));
        }
    }

    /** A file whose content is computed from the position. */
    record ModelFile(int id, long size) {
        byte at(long position) {
            return position < size ? (byte) (id * 31L + position * 7 + (position >>> 12)) : 0;
        }
    }

    /** The heap is anonymous, but not joined with other anonymous memory. */
    private static final ModelFile HEAP = new ModelFile(0, 0);

    final List<Area> areas = new ArrayList<>();
    final NavigableMap<Long, byte[]> written = new TreeMap<>();
    private final long mapTop;
    long breakStart;
    long breakEnd;

    ModelSpace(long mapTop) {
        this.mapTop = mapTop;
    }

    ModelSpace copy() {
        ModelSpace copy = new ModelSpace(mapTop);
        copy.areas.addAll(areas);
        written.forEach((page, bytes) -> copy.written.put(page, bytes.clone()));
        copy.breakStart = breakStart;
        copy.breakEnd = breakEnd;
        return copy;
    }

    @Nullable
    Area at(long address) {
        return areas.stream()
                .filter(a -> a.from() <= address && address < a.until())
                .findFirst()
                .orElse(null);
    }

    boolean isFree(long from, long until) {
        return areas.stream().noneMatch(a -> a.from() < until && from < a.until());
    }

    boolean covers(long from, long until) {
        long at = from;
        while (at < until) {
            Area area = at(at);
            if (area == null) {
                return false;
            }
            at = area.until();
        }
        return true;
    }

    /** No area reaches over the address. */
    private void cut(long address) {
        Area area = at(address);
        if (area != null && area.from() < address) {
            areas.remove(area);
            areas.add(area.part(area.from(), address));
            areas.add(area.part(address, area.until()));
        }
    }

    void remove(long from, long until) {
        cut(from);
        cut(until);
        areas.removeIf(a -> from <= a.from() && a.until() <= until);
        written.subMap(from, until).clear();
    }

    void add(Area area) {
        areas.add(area);
        areas.sort(Comparator.comparingLong(Area::from));
    }

    /** The address or error that mmap gives; {@code chosen} is what the other one chose, which must be free. */
    long map(
            long address,
            long length,
            int protection,
            AddressSpace.Place place,
            @Nullable ModelFile file,
            long offset,
            boolean reserve,
            long available,
            long chosen) {
        if (length == 0) {
            return -Errno.EINVAL;
        }
        if (length < 0 || length > AddressSpace.TOP) {
            return -Errno.ENOMEM;
        }
        long bytes = (length + PAGE - 1) / PAGE * PAGE;
        if (reserve && (protection & 2) != 0 && bytes / PAGE > available) {
            return -Errno.ENOMEM;
        }
        long at;
        if (place == AddressSpace.Place.HINT) {
            long hint = address & -PAGE;
            if (hint >= AddressSpace.BOTTOM && hint <= AddressSpace.TOP - bytes && isFree(hint, hint + bytes)) {
                at = hint;
            } else if (highestGap(bytes) < 0) {
                return -Errno.ENOMEM;
            } else {
                at = highestGap(bytes);
            }
        } else if (address % PAGE != 0) {
            return -Errno.EINVAL;
        } else if (address >= 0 && address < AddressSpace.BOTTOM) {
            return -Errno.EPERM;
        } else if (address < 0 || address > AddressSpace.TOP - bytes) {
            return -Errno.ENOMEM;
        } else if (place == AddressSpace.Place.FIXED_IF_FREE && !isFree(address, address + bytes)) {
            return -Errno.EEXIST;
        } else {
            at = address;
        }
        remove(at, at + bytes);
        add(new Area(at, at + bytes, protection, file, offset));
        return at;
    }

    private long highestGap(long bytes) {
        long best = mapTop - bytes >= AddressSpace.BOTTOM && isFree(mapTop - bytes, mapTop) ? mapTop - bytes : -1;
        for (Area area : areas) {
            long start = area.from() - bytes;
            if (start >= AddressSpace.BOTTOM && area.from() <= mapTop && start > best && isFree(start, area.from())) {
                best = start;
            }
        }
        return best;
    }

    private static boolean isRange(long address, long length) {
        return address % PAGE == 0
                && address >= 0
                && length >= 0
                && length <= AddressSpace.TOP
                && address <= AddressSpace.TOP - up(length);
    }

    private static long up(long length) {
        return (length + PAGE - 1) / PAGE * PAGE;
    }

    long unmap(long address, long length) {
        if (length == 0 || !isRange(address, length)) {
            return -Errno.EINVAL;
        }
        remove(address, address + up(length));
        return 0;
    }

    long protect(long address, long length, int protection) {
        if (address % PAGE != 0) {
            return -Errno.EINVAL;
        }
        if (length == 0) {
            return 0;
        }
        if (!isRange(address, length) || !covers(address, address + up(length))) {
            return -Errno.ENOMEM;
        }
        long until = address + up(length);
        cut(address);
        cut(until);
        areas.replaceAll(a -> address <= a.from() && a.until() <= until
                ? new Area(a.from(), a.until(), protection, a.file(), a.offset())
                : a);
        return 0;
    }

    long discard(long address, long length) {
        if (address % PAGE != 0 || length < 0) {
            return -Errno.EINVAL;
        }
        if (!isRange(address, length)) {
            return -Errno.ENOMEM;
        }
        written.subMap(address, address + up(length)).clear();
        return covers(address, address + up(length)) ? 0 : -Errno.ENOMEM;
    }

    long remap(long address, long oldLength, long newLength, boolean mayMove, long available) {
        if (newLength <= 0 || newLength > AddressSpace.TOP || oldLength == 0 || !isRange(address, oldLength)) {
            return -Errno.EINVAL;
        }
        long before = up(oldLength);
        long after = up(newLength);
        Area area = merged(address);
        if (area == null || area.until() < address + before) {
            return -Errno.EFAULT;
        }
        if (after <= before) {
            remove(address + after, address + before);
            return address;
        }
        if ((area.protection() & 2) != 0 && (after - before) / PAGE > available) {
            return -Errno.ENOMEM;
        }
        Area grown = new Area(
                address,
                address + after,
                area.protection(),
                area.file(),
                area.part(address, 0).offset());
        if (address + after <= AddressSpace.TOP && isFree(address + before, address + after)) {
            add(grown.part(address + before, address + after));
            return address;
        }
        long to = mayMove ? highestGap(after) : -1;
        if (to < 0) {
            return -Errno.ENOMEM;
        }
        NavigableMap<Long, byte[]> moved = new TreeMap<>();
        written.subMap(address, address + before).forEach((page, bytes) -> moved.put(page - address + to, bytes));
        remove(address, address + before);
        add(new Area(to, to + after, grown.protection(), grown.file(), grown.offset()));
        written.putAll(moved);
        return to;
    }

    /** Areas that continue each other count as one. */
    private @Nullable Area merged(long address) {
        Area area = at(address);
        while (area != null) {
            Area next = at(area.until());
            if (next == null || !continues(area, next)) {
                break;
            }
            area = new Area(area.from(), next.until(), area.protection(), area.file(), area.offset());
        }
        return area;
    }

    private static boolean continues(Area low, Area high) {
        return low.protection() == high.protection()
                && java.util.Objects.equals(low.file(), high.file())
                && (low.file() == null
                        || HEAP.equals(low.file())
                        || low.part(high.from(), 0).offset() == high.offset());
    }

    long setBreak(long wanted, long available) {
        if (wanted < breakStart || wanted > mapTop) {
            return breakEnd;
        }
        long before = up(breakEnd);
        long after = up(wanted);
        if (after < before) {
            remove(after, before);
        } else if (after > before) {
            if ((after - before) / PAGE > available || !isFree(before, after)) {
                return breakEnd;
            }
            add(new Area(before, after, 3, HEAP, before));
        }
        breakEnd = wanted;
        return wanted;
    }

    /** What the program reads in a page; null when it cannot read there. */
    byte @Nullable [] content(long page) {
        Area area = at(page);
        if (area == null || area.protection() == 0) {
            return null;
        }
        byte[] known = written.get(page);
        if (known != null) {
            return known;
        }
        byte[] bytes = new byte[PAGE];
        ModelFile file = area.file();
        if (file != null) {
            long offset = area.offset() + (page - area.from());
            for (int i = 0; i < PAGE; i++) {
                bytes[i] = file.at(offset + i);
            }
        }
        return bytes;
    }
}
