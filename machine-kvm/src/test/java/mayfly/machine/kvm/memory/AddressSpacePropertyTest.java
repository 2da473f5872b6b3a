package mayfly.machine.kvm.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.ModelSpace.Area;
import mayfly.machine.kvm.memory.ModelSpace.ModelFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random calls with reasonable and with absurd arguments: the address space does what a simple model does, page tables
 * say what the regions say, and no physical page is lost, used twice, or shows another's content. A failure prints the
 * seed; -Dmayfly.seed=N repeats it.
 */
class AddressSpacePropertyTest {
    private static final int RESERVED = 3;
    /** A place where tables of two levels meet. */
    private static final long BASE = 0x7F_C000_0000L - 60 * 4096;

    private static final List<AddressSpace.Place> PLACES = List.of(AddressSpace.Place.values());
    private static final int[] PROTECTIONS = {0, 0, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7};
    private static final int HISTORIES = Integer.getInteger("mayfly.histories", 40);
    private static final int WINDOW = 200;
    private static final long MAP_TOP = BASE + 700 * 4096;
    private static final long[] ABSURD = {
        0,
        1,
        -1,
        -4096,
        4095,
        4097,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE - 4095,
        AddressSpace.TOP,
        AddressSpace.TOP - 4096,
        AddressSpace.TOP + 4096,
        AddressSpace.BOTTOM,
        AddressSpace.BOTTOM - 4096,
        1L << 47,
        1L << 46,
        0xFFFF_8000_0000_0000L,
        BASE,
        BASE + 1,
        Long.MIN_VALUE + BASE,
        -BASE
    };

    private Random random = new Random();
    private GuestRam ram = ram(16);
    private PageTables tables = PageTables.create(ram);
    private AddressSpace space = new AddressSpace(ram, tables, MAP_TOP);
    private ModelSpace model = new ModelSpace(MAP_TOP);
    private Map<ModelFile, Backing> backings = new HashMap<>();
    private boolean tight;
    private final List<String> done = new ArrayList<>();

    private AddressSpacePropertyTest() {}

    private static GuestRam ram(int pages) {
        try {
            return new GuestRam(Memory.anonymous((pages + 64L) * 4096), pages, 64, RESERVED);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void doesWhatTheModelDoesWithPlentyOfMemory() {
        histories(1500, HISTORIES, false);
    }

    @Test
    void doesWhatTheModelDoesWithLittleMemory() {
        histories(90, 2 * HISTORIES, true);
    }

    private void histories(int pages, int count, boolean little) {
        Long fixed = Long.getLong("mayfly.seed");
        long first = fixed != null ? fixed : System.nanoTime();
        for (long seed = first; seed < first + (fixed != null ? 1 : count); seed++) {
            try {
                history(seed, pages, little);
            } catch (Throwable t) {
                int from = Math.max(0, done.size() - 12);
                throw new AssertionError(
                        "-Dmayfly.seed=" + seed + " after " + done.size() + " calls, the last of them "
                                + String.join("\n", done.subList(from, done.size())),
                        t);
            } finally {
                ram.memory().close();
            }
        }
    }

    private void history(long seed, int pages, boolean little) throws ErrnoException {
        random = new Random(seed);
        done.clear();
        tight = little;
        ram = ram(pages);
        tables = PageTables.create(ram);
        space = new AddressSpace(ram, tables, MAP_TOP);
        model = new ModelSpace(MAP_TOP);
        space.startBreak(BASE - 100 * 4096 + 5);
        model.breakStart = BASE - 99 * 4096;
        model.breakEnd = model.breakStart;
        backings = new HashMap<>();
        for (int i = 1; i <= 3; i++) {
            ModelFile file = new ModelFile(i, random.nextInt(40 * 4096));
            backings.put(file, backing(file));
        }
        for (int part = 0; part < 3; part++) {
            calls(random.nextInt(40));
            AddressSpace.State state = space.state();
            ModelSpace then = model.copy();
            int available = ram.available();
            long tablesEnd = ram.tableBytesEnd();
            try (Memory saved = Memory.anonymous(ram.memory().size())) {
                saved.copy(0, ram.memory(), 0, saved.size());
                calls(random.nextInt(40));
                ram.memory().copy(0, saved, 0, ram.programBytes());
                new TablePool(ram).revert(ram.programBytes(), ram.tableBytesEnd(), saved, tablesEnd);
                ram.flush();
                space.restore(state);
            }
            model = then;
            done.add("restored");
            assertThat(ram.available()).isEqualTo(available);
            checkStructure();
            checkContent();
        }
    }

    private static Backing backing(ModelFile file) {
        return (memory, at, count, offset) -> {
            int length = Math.clamp(file.size() - offset, 0, count);
            for (int i = 0; i < length; i++) {
                memory.putByte(at + i, file.at(offset + i));
            }
            return length;
        };
    }

    private void calls(int count) {
        for (int i = 0; i < count; i++) {
            call();
            checkStructure();
            if (i % 8 == 0) {
                checkContent();
            }
        }
        checkContent();
    }

    private void call() {
        long available = ram.available();
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> map(available);
            case 3 -> {
                long at = address();
                long length = length();
                note("unmap", at, length);
                same(space.unmap(at, length), model.unmap(at, length));
            }
            case 4, 5 -> {
                long at = address();
                long length = length();
                int protection = PROTECTIONS[random.nextInt(PROTECTIONS.length)];
                note("protect", at, length, (long) protection);
                same(space.protect(at, length, protection), model.protect(at, length, protection));
            }
            case 6 -> {
                long at = address();
                long length = length();
                note("discard", at, length);
                same(space.discard(at, length), model.discard(at, length));
            }
            case 7 -> {
                long at = address();
                long before = length();
                long after = length();
                boolean mayMove = random.nextBoolean();
                note("remap", at, before, after, mayMove ? 1L : 0L);
                same(space.remap(at, before, after, mayMove), model.remap(at, before, after, mayMove, available));
            }
            case 8 -> {
                long wanted = random.nextInt(4) == 0 ? absurd() : model.breakStart + random.nextInt(110 * 4096);
                note("brk", wanted);
                same(space.setBreak(wanted), model.setBreak(wanted, available));
            }
            case 9, 10 -> write();
            default -> read();
        }
    }

    private void map(long available) {
        long at = address();
        long length = length();
        int protection = PROTECTIONS[random.nextInt(PROTECTIONS.length)];
        AddressSpace.Place place = PLACES.get(random.nextInt(3));
        ModelFile file = random.nextInt(3) == 0
                ? backings.keySet().stream().skip(random.nextInt(3)).findFirst().orElseThrow()
                : null;
        long offset = file == null ? 0 : random.nextInt(40) * 4096L;
        boolean reserve = random.nextInt(4) > 0;
        Backing backing = file == null ? null : backings.get(file);
        note("map", at, length, (long) protection, place == AddressSpace.Place.HINT ? 0L : 1L);
        long got = space.map(at, length, protection, place, backing, offset, reserve, "");
        same(got, model.map(at, length, protection, place, file, offset, reserve, available, got));
    }

    private void same(long got, long expected) {
        assertThat(got)
                .as(() -> "regions " + space.regions() + "\nareas " + model.areas + "\nresult")
                .isEqualTo(expected);
    }

    private void write() {
        byte[] bytes = new byte[1 + random.nextInt(3 * 4096)];
        random.nextBytes(bytes);
        long at = address() + random.nextInt(4096);
        note("write", at, (long) bytes.length);
        long stopped = at;
        try {
            space.write(at, bytes);
            stopped = at + bytes.length;
        } catch (GuestFault _) {
            stopped = -1;
        }
        long position = at;
        while (position - at < bytes.length) {
            long page = position & -4096;
            Area area = model.at(position);
            if (area == null || (area.protection() & 2) == 0) {
                assertThat(stopped).as("a fault at %x", position).isEqualTo(-1);
                return;
            }
            if (stopped < 0 && isUnmapped(page)) {
                assertThat(tight && ram.available() == 0)
                        .as("memory is used up at %x", page)
                        .isTrue();
                return;
            }
            byte[] content = model.content(page);
            if (content == null) {
                throw new AssertionError("written and not readable: " + Long.toHexString(page));
            }
            int count = (int) Math.min(bytes.length - (position - at), page + 4096 - position);
            System.arraycopy(bytes, (int) (position - at), content, (int) (position - page), count);
            model.written.put(page, content);
            position += count;
        }
        assertThat(stopped).as("no fault for %x + %x", at, bytes.length).isEqualTo(at + bytes.length);
    }

    private void read() {
        long at = address() + random.nextInt(4096);
        note("read", at);
        try {
            long value = space.getLong(at);
            byte[] low = model.content(at & -4096);
            byte[] high = model.content((at + 7) & -4096);
            assertThat(low).isNotNull();
            assertThat(high).isNotNull();
            for (int i = 0; i < 8; i++) {
                byte[] page = ((at + i) & -4096) == (at & -4096) ? low : high;
                if (page != null) {
                    assertThat((byte) (value >>> (8 * i))).isEqualTo(page[(int) ((at + i) & 4095)]);
                }
            }
        } catch (GuestFault fault) {
            boolean readable = model.content(at & -4096) != null && model.content((at + 7) & -4096) != null;
            assertThat(readable && !(tight && ram.available() == 0)).isFalse();
        }
    }

    private boolean isUnmapped(long page) {
        return tables.entry(page) == 0;
    }

    /** Mostly within what is mapped, so that calls meet what earlier ones made. */
    private long address() {
        if (random.nextInt(3) > 0 && !model.areas.isEmpty()) {
            Area area = model.areas.get(random.nextInt(model.areas.size()));
            long pages = Math.min(4, (area.until() - area.from()) / 4096);
            return area.from() + random.nextLong(pages) * 4096;
        }
        return random.nextInt(6) == 0 ? absurd() : BASE + random.nextInt(WINDOW) * 4096L;
    }

    private long absurd() {
        return ABSURD[random.nextInt(ABSURD.length)];
    }

    private long length() {
        return switch (random.nextInt(10)) {
            case 0 -> absurd();
            case 1 -> random.nextInt(600 * 4096);
            default -> random.nextInt(30) * 4096L + (random.nextInt(3) == 0 ? random.nextInt(4096) : 0);
        };
    }

    private void note(String call, long... arguments) {
        StringBuilder text = new StringBuilder(call);
        for (long argument : arguments) {
            text.append(' ').append(Long.toHexString(argument));
        }
        done.add(text.toString());
    }

    // ---- what is always so ----

    private void checkStructure() {
        long end = 0;
        for (Region region : space.regions()) {
            assertThat(region.start()).isGreaterThanOrEqualTo(Math.max(end, AddressSpace.BOTTOM));
            assertThat(region.end()).isGreaterThan(region.start()).isLessThanOrEqualTo(AddressSpace.TOP);
            assertThat((region.start() | region.end()) & 4095).isZero();
            end = region.end();
        }
        for (Area area : model.areas) {
            for (Area part : List.of(area.part(area.from(), 0), area.part(area.until() - 4096, 0))) {
                Region region = space.region(part.from());
                if (region == null) {
                    throw new AssertionError("not mapped: " + Long.toHexString(part.from()));
                }
                assertThat(region.protection()).isEqualTo(area.protection());
                assertThat(region.backing()).isEqualTo(area.file() == null ? null : backings.get(area.file()));
            }
        }
        assertThat(space.regions().stream().mapToLong(Region::length).sum())
                .isEqualTo(model.areas.stream()
                        .mapToLong(a -> a.until() - a.from())
                        .sum());
        GuestRam.State state = ram.state();
        boolean[] seen = new boolean[state.used()];
        Arrays.fill(seen, 0, RESERVED, true);
        for (int page : state.free()) {
            assertThat(seen[page]).as("page %d is free twice", page).isFalse();
            seen[page] = true;
        }
        walk(tables.rootAddress(), 3, 0, seen);
        for (int page = 0; page < seen.length; page++) {
            assertThat(seen[page]).as("page %d is lost", page).isTrue();
        }
    }

    private void walk(long table, int level, long base, boolean[] seen) {
        for (int i = 0; i < 512; i++) {
            long entry = ram.memory().getLong(table + i * 8L);
            if (entry == 0) {
                continue;
            }
            long address = base | (long) i << (12 + 9 * level);
            if (level > 0) {
                walk(GuestRam.address(PageTables.page(entry)), level - 1, address, seen);
                continue;
            }
            int page = PageTables.page(entry);
            assertThat(page).isLessThan(seen.length);
            assertThat(seen[page])
                    .as("page %d is used twice, at %x", page, address)
                    .isFalse();
            seen[page] = true;
            Area area = model.at(address);
            if (area == null) {
                throw new AssertionError("a page is mapped where nothing is: " + Long.toHexString(address));
            }
            boolean present = (entry & PageTables.PRESENT) != 0;
            assertThat(present).as("%x is present", address).isEqualTo(area.protection() != 0);
            if (present) {
                assertThat((entry & PageTables.USER) != 0).isTrue();
                assertThat((entry & PageTables.WRITE) != 0).isEqualTo((area.protection() & 2) != 0);
                assertThat((entry & PageTables.NO_EXECUTE) == 0).isEqualTo((area.protection() & 4) != 0);
            }
        }
    }

    private void checkContent() {
        for (Area area : List.copyOf(model.areas)) {
            long until = Math.min(area.until(), area.from() + 40 * 4096);
            for (long page = area.from(); page < until; page += 4096) {
                checkContent(page, model.content(page));
            }
        }
        for (long page : model.written.keySet()) {
            checkContent(page, model.content(page));
        }
    }

    private void checkContent(long page, byte @Nullable [] expected) {
        try {
            byte[] bytes = space.read(page, 4096);
            assertThat(expected).as("%x is readable", page).isNotNull();
            assertThat(Arrays.mismatch(bytes, expected == null ? new byte[0] : expected))
                    .as("content of %x", page)
                    .isEqualTo(-1);
        } catch (GuestFault fault) {
            assertThat(expected != null && !(tight && ram.available() == 0 && isUnmapped(page)))
                    .as("no fault for %x (%s)", page, Errno.name(Errno.EFAULT))
                    .isFalse();
        }
    }
}
