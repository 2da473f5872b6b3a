package mayfly.machine.kvm.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;
import mayfly.machine.kvm.memory.Region;
import org.junit.jupiter.api.Test;

/** Whatever a program file holds, it is loaded or refused with words that say why; -Dmayfly.seed=N repeats a failure. */
class BadProgramTest {
    private static final int PAGES = 400;
    private static final TestElf.Source LINKER = new TestElf.Source("/lib/ld.so", new TestElf(0, 1, 3).content());
    private static final long TOP = AddressSpace.TOP;

    private final Map<String, byte[]> bad = new LinkedHashMap<>();
    private final Map<String, String> reason = new LinkedHashMap<>();

    @Test
    void aGoodOneIsLoaded() throws Exception {
        Loader.Loaded loaded = load(new TestElf().content());
        assertThat(loaded.entry()).isEqualTo(0x40_0200);
        assertThat(loaded.headers()).isEqualTo(0x40_0040);
        assertThat(loaded.interpreterBase()).isPositive();
        assertThat(loaded.start()).isEqualTo(loaded.interpreterBase() + 0x200);
        assertThat(load(new TestElf(0, 1, 3).content()).entry()).isEqualTo(0x5555_5555_4200L);
    }

    @Test
    void badOnesAreRefusedWithWords() {
        bad("empty", new byte[0], "is not an ELF program");
        bad("a script", "#!/bin/sh\n".getBytes(java.nio.charset.StandardCharsets.UTF_8), "is not an ELF program");
        bad("magic", new TestElf().put(1, 'F'), "is not an ELF program");
        bad("32 bit", new TestElf().put(4, 1), "is not a 64-bit little-endian program");
        bad("big-endian", new TestElf().put(5, 2), "is not a 64-bit little-endian program");
        bad("arm64", new TestElf().putShort(18, 183), "is for another processor (ELF machine 183)");
        bad("object file", new TestElf().putShort(16, 1), "is not executable (ELF type 1)");
        bad("core", new TestElf().putShort(16, 4), "is not executable (ELF type 4)");
        bad("no headers", new TestElf().putShort(56, 0), "0 program headers");
        bad("65535 headers", new TestElf().putShort(56, 65535), "65535 program headers");
        bad("header size", new TestElf().putShort(54, 55), "unknown size");
        bad("table outside", new TestElf().putLong(32, TestElf.BYTES - 10), "program headers are not within");
        bad("table negative", new TestElf().putLong(32, -64), "program headers are not within");
        bad("table huge", new TestElf().putLong(32, Long.MAX_VALUE), "program headers are not within");
        bad("nothing to load", new TestElf().putInt(TestElf.TEXT, 0).putInt(TestElf.DATA, 0), "nothing to load");
        for (long value : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 4095, TOP, 1L << 62}) {
            bad("file size " + value, data(TestElf.FILE_BYTES, value), "behind the end of the file");
            bad("memory size " + value, data(TestElf.MEMORY_BYTES, value), "segment 1");
            bad("offset " + value, data(TestElf.OFFSET, value), "segment 1");
            bad("address " + value, data(TestElf.ADDRESS, value), "segment 1");
            bad("entry " + value, new TestElf().putLong(24, value), "first instruction");
            bad("path offset " + value, linker(TestElf.OFFSET, value), "path of its dynamic linker");
            bad("path size " + value, linker(TestElf.FILE_BYTES, value), "path of its dynamic linker");
        }
        bad("memory below file", data(TestElf.MEMORY_BYTES, 4999), "behind the end of the file");
        bad("unaligned", data(TestElf.ADDRESS, 0x40_1001), "not aligned");
        bad("overlap", data(TestElf.ADDRESS, 0x40_0000), "overlap or are not in order");
        bad("order", data(TestElf.ADDRESS, 0x30_0000), "overlap or are not in order");
        bad("lowest", new TestElf(0, 3, 2), "below the lowest address");
        bad("memory", data(TestElf.MEMORY_BYTES, 1L << 30), "give it more");
        bad("path empty", linker(TestElf.FILE_BYTES, 1), "path of its dynamic linker");
        bad("path long", linker(TestElf.FILE_BYTES, 5000), "path of its dynamic linker");
        bad("path with zero", new TestElf().put(TestElf.PATH + 4, 0), "not an absolute path");
        bad("path without end", new TestElf().put(TestElf.PATH + 10, 'x'), "not an absolute path");
        bad("path relative", new TestElf().put(TestElf.PATH, 'x'), "not an absolute path");
        bad("linker missing", new TestElf().put(TestElf.PATH + 1, 'x'), "no such file");
        bad.forEach((name, content) -> assertThatThrownBy(() -> load(content))
                .as(name)
                .isInstanceOf(BadProgramException.class)
                .hasMessageContaining(reason.get(name))
                .hasMessageContaining("program"));
    }

    @Test
    void aFileCutOffAnywhereIsRefused() throws Exception {
        byte[] whole = new TestElf().content();
        for (int length = 0; length < 4096 + 5000; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> load(cut)).as("%d bytes", length).isInstanceOf(BadProgramException.class);
        }
        load(Arrays.copyOf(whole, 4096 + 5000));
    }

    @Test
    void changedProgramsAreLoadedOrRefused() throws IOException {
        Long fixed = Long.getLong("mayfly.seed");
        long first = fixed != null ? fixed : System.nanoTime();
        int count = fixed != null ? 1 : Integer.getInteger("mayfly.cases", 4000);
        List<byte[]> originals = List.of(
                new TestElf().content(), new TestElf(0, 3, 3).content(), Files.readAllBytes(Path.of("/bin/sh")));
        int loaded = 0;
        for (long seed = first; seed < first + count; seed++) {
            Random random = new Random(seed);
            byte[] content = originals.get(random.nextInt(originals.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                change(random, content);
            }
            try {
                load(content);
                loaded++;
            } catch (BadProgramException refused) {
                assertThat(refused.getMessage()).matches("(?s)(program|/.*): .{10,}");
            } catch (Throwable t) {
                throw new AssertionError("-Dmayfly.seed=" + seed, t);
            }
        }
        System.out.println(
                "BadProgramTest: " + loaded + " of " + count + " changed programs were loaded, first seed " + first);
    }

    private static void change(Random random, byte[] content) {
        java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(content).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int at = random.nextInt(64 + 14 * 56);
        long value = switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L << random.nextInt(64);
            case 3 -> in.getLong(at & -8) + random.nextInt(20000) - 10000;
            default -> random.nextInt(1 << 14);
        };
        switch (random.nextInt(3)) {
            case 0 -> content[at] = (byte) value;
            case 1 -> in.putInt(at & -4, (int) value);
            default -> in.putLong(at & -8, value);
        }
    }

    private static TestElf data(int field, long value) {
        return new TestElf().putLong(TestElf.DATA + field, value);
    }

    private static TestElf linker(int field, long value) {
        return new TestElf().putLong(TestElf.LINKER + field, value);
    }

    private void bad(String name, TestElf elf, String why) {
        bad(name, elf.content(), why);
    }

    private void bad(String name, byte[] content, String why) {
        bad.put(name, content);
        reason.put(name, why);
    }

    /** Loads it into a machine of its own, and touches all that it mapped. */
    private static Loader.Loaded load(byte[] content) throws BadProgramException, ErrnoException {
        try (Memory memory = Memory.anonymous((PAGES + 40L) * 4096)) {
            GuestRam ram = new GuestRam(memory, PAGES, 40, 3);
            AddressSpace space = new AddressSpace(ram, PageTables.create(ram), FirstStack.MAP_TOP);
            Loader.Loaded loaded = new Loader(space).load(new TestElf.Source("program", content), path -> {
                if (!path.startsWith("/lib")) {
                    throw new BadProgramException(path, "no such file (the program's dynamic linker)");
                }
                return LINKER;
            });
            for (Region region : space.regions()) {
                assertThat(region.end()).isLessThanOrEqualTo(TOP);
                space.fault(region.start(), Region.READ);
                space.fault(region.end() - 1, Region.READ);
            }
            FirstStack.write(
                    space,
                    loaded,
                    new FirstStack.Content(List.of("a"), List.of("B=c"), "/a", new byte[16], false, 1000, 1000));
            return loaded;
        }
    }
}
