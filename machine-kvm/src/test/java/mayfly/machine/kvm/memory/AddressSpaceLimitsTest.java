package mayfly.machine.kvm.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import mayfly.linux.Errno;
import mayfly.linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program cannot make the address space work for long or remember much, whatever it asks for. */
class AddressSpaceLimitsTest {
    private static final long MAP_TOP = AddressSpace.TOP - (16 << 20);
    private static final long HUGE = 100L << 40;
    private static final int RW = Region.READ | Region.WRITE;

    /** Going through every page of such a range would take minutes. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void hugeRangesCostLittle() throws Exception {
        try (Memory memory = Memory.anonymous(600L * 4096)) {
            AddressSpace space = space(memory, 500, 100);
            for (int i = 0; i < 100; i++) {
                long at = map(space, HUGE / 4, RW, false);
                space.putInt(at, 1);
                space.putInt(at + HUGE / 8, 2);
                long moved = space.remap(at, HUGE / 4, HUGE / 4 + 4096, true);
                assertThat(moved).isPositive();
                assertThat(space.getInt(moved)).isEqualTo(1);
                assertThat(space.getInt(moved + HUGE / 8)).isEqualTo(2);
                assertThat(space.protect(moved, HUGE / 4, Region.READ)).isZero();
                assertThat(space.discard(moved, HUGE / 4)).isZero();
                assertThat(space.getInt(moved)).isZero();
                assertThat(space.unmap(moved, HUGE / 4 + 4096)).isZero();
            }
            assertThat(space.regions()).isEmpty();
        }
    }

    /** Looking for mapped pages skips what no table covers, and no more than that. */
    @Test
    void pagesFarApartAreAllFound() throws Exception {
        try (Memory memory = Memory.anonymous(4300L * 4096)) {
            AddressSpace space = space(memory, 4200, 100);
            int available = space.ram().available();
            long at = 1L << 40;
            assertThat(space.map(at, 1L << 46, RW, AddressSpace.Place.FIXED, null, 0, false, ""))
                    .isEqualTo(at);
            for (int shift = 12; shift < 46; shift++) {
                space.putInt(at + (1L << shift), shift);
                space.putInt(at + (1L << 45) - (1L << shift), shift);
            }
            assertThat(space.discard(at, 1L << 46)).isZero();
            for (int shift = 12; shift < 46; shift++) {
                assertThat(space.getInt(at + (1L << shift))).as("bit %d", shift).isZero();
            }
            assertThat(space.unmap(at, 1L << 46)).isZero();
            assertThat(space.ram().available()).isEqualTo(available);
        }
    }

    @Test
    void regionsHaveALimitThatNoCallPasses() throws Exception {
        try (Memory memory = Memory.anonymous(600L * 4096)) {
            AddressSpace space = space(memory, 500, 100);
            long at = map(space, HUGE, 0, false);
            for (long i = 0; i < 2 * AddressSpace.REGIONS_MAX; i++) {
                assertThat(space.remap(at + i * 4096, 4096, 4096, false)).isEqualTo(at + i * 4096);
            }
            assertThat(space.regions()).hasSize(1);
            long result = 0;
            for (long i = 0; i < 2 * AddressSpace.REGIONS_MAX && result == 0; i += 2) {
                result = space.protect(at + i * 4096, 4096, Region.READ);
            }
            assertThat(result).isEqualTo(-Errno.ENOMEM);
            long full = space.regions().size();
            for (long i = 0; i < 1000; i++) {
                long far = at + HUGE / 2 + i * 8192;
                assertThat(space.remap(far, 8192, 4096, false)).isEqualTo(-Errno.ENOMEM);
                assertThat(space.unmap(far, 4096)).isEqualTo(-Errno.ENOMEM);
                assertThat(space.protect(far, 4096, Region.READ)).isEqualTo(-Errno.ENOMEM);
                assertThat(space.map(far, 4096, 0, AddressSpace.Place.FIXED, null, 0, false, ""))
                        .isEqualTo(-Errno.ENOMEM);
            }
            assertThat(space.regions().size()).isEqualTo((int) full).isLessThan(AddressSpace.REGIONS_MAX + 4);
        }
    }

    @Test
    void memoryHasALimit() throws Exception {
        try (Memory memory = Memory.anonymous(150L * 4096)) {
            AddressSpace space = space(memory, 100, 50);
            assertThat(space.map(0, 101L * 4096, RW, AddressSpace.Place.HINT, null, 0, true, ""))
                    .isEqualTo(-Errno.ENOMEM);
            long at = map(space, 200L * 4096, RW, false);
            int written = 0;
            try {
                for (; written < 200; written++) {
                    space.putInt(at + written * 4096L, written);
                }
            } catch (GuestFault full) {
                assertThat(space.ram().available()).isZero();
            }
            assertThat(written).isEqualTo(97);
            for (int i = 0; i < written; i++) {
                assertThat(space.getInt(at + i * 4096L)).isEqualTo(i);
            }
            assertThat(space.unmap(at, 200L * 4096)).isZero();
            assertThat(space.ram().available()).isEqualTo(97);
        }
    }

    /** One page in each 2 MiB: the tables are used up before the memory, and what was there stays. */
    @Test
    void pageTablesHaveALimit() throws Exception {
        try (Memory memory = Memory.anonymous(2050L * 4096)) {
            AddressSpace space = space(memory, 2000, 50);
            long at = map(space, 1L << 40, RW, false) + (2 << 20) & -(2 << 20);
            int written = 0;
            try {
                for (; written < 400; written++) {
                    space.putInt(at + ((long) written << 21), written);
                }
            } catch (GuestFault full) {
                assertThat(written).isBetween(40, 50);
            }
            int available = space.ram().available();
            long moved = space.remap(at, 45L << 21, 46L << 21, true);
            assertThat(moved).isEqualTo(-Errno.ENOMEM);
            for (int i = 0; i < written; i++) {
                assertThat(space.getInt(at + ((long) i << 21))).isEqualTo(i);
            }
            assertThat(space.ram().available()).isEqualTo(available);
        }
    }

    private static AddressSpace space(Memory memory, int pages, int tables) {
        GuestRam ram = new GuestRam(memory, pages, tables, 3);
        return new AddressSpace(ram, PageTables.create(ram), MAP_TOP);
    }

    private static long map(AddressSpace space, long bytes, int protection, boolean reserve) {
        long at = space.map(0, bytes, protection, AddressSpace.Place.HINT, null, 0, reserve, "");
        assertThat(at).isPositive();
        return at;
    }
}
