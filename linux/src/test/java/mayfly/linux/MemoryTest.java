package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** No access leaves a mapping, whatever the offset, and none outlives it; a sealed file cannot be changed. */
class MemoryTest {
    private static final int BYTES = 4 * Memory.PAGE;
    private static final long[] OUTSIDE = {
        -1, -8, BYTES, BYTES + 1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, -1L << 32, Long.MAX_VALUE - 7
    };

    @Test
    void everyAccessIsWithinBounds() throws Exception {
        try (Memory memory = Memory.anonymous(BYTES);
                Memory other = Memory.anonymous(BYTES)) {
            byte[] bytes = new byte[8];
            List<LongConsumer> accesses = List.of(
                    memory::getByte,
                    at -> memory.putByte(at, (byte) 1),
                    memory::getShort,
                    at -> memory.putShort(at, (short) 1),
                    memory::getInt,
                    at -> memory.putInt(at, 1),
                    memory::getLong,
                    at -> memory.putLong(at, 1),
                    at -> memory.compareAndExchangeInt(at & -4, 0, 1),
                    at -> memory.read(at, bytes, 0, 8),
                    at -> memory.write(at, bytes, 0, 8),
                    at -> memory.copy(at, other, 0, 8),
                    at -> memory.copy(0, other, at, 8),
                    at -> memory.fill(at, 8, (byte) 1),
                    at -> memory.mismatch(other, at, 8),
                    at -> unchecked(() -> memory.overlayZero(at, Memory.PAGE)),
                    at -> unchecked(() -> memory.discard(at, Memory.PAGE)),
                    at -> unchecked(() -> memory.bounce(at, Memory.PAGE)));
            for (long at : OUTSIDE) {
                for (int i = 0; i < accesses.size(); i++) {
                    LongConsumer access = accesses.get(i);
                    assertThatThrownBy(() -> access.accept(at))
                            .as("access %d at %d", i, at)
                            .isInstanceOf(IndexOutOfBoundsException.class);
                }
            }
            assertThatThrownBy(() -> memory.getLong(BYTES - 7)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.getInt(BYTES - 3)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.read(0, bytes, 4, 5)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.read(0, bytes, 0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.fill(0, -1, (byte) 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.fill(8, Long.MAX_VALUE, (byte) 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            memory.putLong(BYTES - 8, 0x0123456789ABCDEFL);
            assertThat(memory.getInt(BYTES - 4)).isEqualTo(0x01234567);
            assertThat(memory.getShort(BYTES - 8)).isEqualTo((short) 0xCDEF);
            assertThat(memory.mismatch(other, 0, BYTES)).isEqualTo(BYTES - 8L);
            memory.discard(BYTES - Memory.PAGE, Memory.PAGE);
            assertThat(memory.mismatch(other, 0, BYTES)).isEqualTo(-1);
        }
    }

    @Test
    void nothingIsReachableOnceItIsUnmapped() throws Exception {
        Memory memory = Memory.anonymous(BYTES);
        memory.close();
        assertThatThrownBy(() -> memory.getByte(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.fill(0, 1, (byte) 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.bounce(0, Memory.PAGE)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSealedFileKeepsItsContentUnderPrivateViews() throws Exception {
        try (Memfd file = Memfd.create("test", BYTES)) {
            Memory shared = file.map();
            shared.putLong(Memory.PAGE, 42);
            assertThatThrownBy(file::seal)
                    .isInstanceOf(ErrnoException.class)
                    .extracting(e -> ((ErrnoException) e).errno())
                    .isEqualTo(Errno.EBUSY);
            shared.close();
            file.seal();
            assertThatThrownBy(file::map).isInstanceOf(ErrnoException.class).hasMessageContaining("mmap");
            assertThatThrownBy(() -> file.punch(0, Memory.PAGE)).isInstanceOf(ErrnoException.class);
            try (Memory view = file.view();
                    Memory mine = Memory.anonymous(BYTES)) {
                mine.overlay(0, file, 0, BYTES);
                mine.putLong(Memory.PAGE, 43);
                assertThat(view.getLong(Memory.PAGE)).isEqualTo(42);
                mine.discard(Memory.PAGE, Memory.PAGE);
                assertThat(mine.getLong(Memory.PAGE)).isEqualTo(42);
            }
        }
    }

    @Test
    void holesAreFound() throws Exception {
        try (Memfd file = Memfd.create("test", 64 * Memory.PAGE);
                Memory memory = file.map()) {
            memory.putByte(10L * Memory.PAGE, (byte) 1);
            memory.putByte(63L * Memory.PAGE, (byte) 1);
            List<Long> edges = new ArrayList<>();
            for (long at = file.nextData(0); at < file.size(); at = file.nextData(file.nextHole(at))) {
                edges.add(at / Memory.PAGE);
            }
            assertThat(edges).containsExactly(10L, 63L);
            file.punch(10L * Memory.PAGE, Memory.PAGE);
            assertThat(file.nextData(0)).isEqualTo(63L * Memory.PAGE);
            assertThat(memory.getByte(10L * Memory.PAGE)).isZero();
        }
    }

    private static void unchecked(Calls calls) {
        try {
            calls.run();
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @FunctionalInterface
    private interface Calls {
        void run() throws ErrnoException;
    }
}
