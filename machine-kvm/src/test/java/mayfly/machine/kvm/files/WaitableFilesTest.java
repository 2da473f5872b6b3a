package mayfly.machine.kvm.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import java.util.Random;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memory;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.AddressSpace.Place;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;
import mayfly.machine.kvm.memory.Region;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pipes, counters, timers and interest lists as plain objects, and what copies of them share. */
class WaitableFilesTest {
    private final KernelMemory account = KernelMemory.ofThisProcess(0);

    private PipeEnd.Pair pipe() {
        return Objects.requireNonNull(PipeEnd.open(0, 1, account));
    }

    private static final int PAGES = 128;
    private static final long BUFFER = 0x10_0000;
    private static final int BUFFER_BYTES = 80 << 10;

    private Memory memory;
    private AddressSpace space;

    @BeforeEach
    void makeMemory() throws ErrnoException {
        memory = Memory.anonymous((PAGES + 40L) * 4096);
        GuestRam ram = new GuestRam(memory, PAGES, 40, 9);
        space = new AddressSpace(ram, PageTables.create(ram), FirstStack.MAP_TOP);
        assertThat(space.map(
                        BUFFER, BUFFER_BYTES, Region.READ | Region.WRITE, Place.FIXED_IF_FREE, null, 0, true, "buffer"))
                .isEqualTo(BUFFER);
    }

    @AfterEach
    void freeMemory() {
        memory.close();
    }

    private Transfer buffer(int bytes) {
        return Transfer.of(space, BUFFER, bytes);
    }

    private long write(OpenFile file, byte[] bytes) {
        space.write(BUFFER, bytes);
        return file.write(buffer(bytes.length));
    }

    private byte[] read(OpenFile file, int count) {
        long result = file.read(buffer(count));
        return result < 0 ? new byte[0] : space.read(BUFFER, (int) result);
    }

    @Test
    void aPipeGivesBackWhatWentIn() {
        long seed = System.nanoTime();
        System.out.println("pipe seed " + seed);
        Random random = new Random(seed);
        PipeEnd.Pair pipe = pipe();
        byte written = 0;
        byte expected = 0;
        int inside = 0;
        for (int i = 0; i < 5000; i++) {
            if (random.nextBoolean()) {
                byte[] bytes = new byte[1 + random.nextInt(i % 10 == 0 ? 70_000 : 3000)];
                for (int k = 0; k < bytes.length; k++) {
                    bytes[k] = (byte) (written + k);
                }
                long result = write(pipe.writer(), bytes);
                int free = 65_536 - inside;
                boolean wholeOrNot = bytes.length <= PipeEnd.ATOMIC_BYTES;
                long wanted = bytes.length <= free ? bytes.length : wholeOrNot || free == 0 ? -Errno.EAGAIN : free;
                assertThat(result).isEqualTo(wanted);
                if (result > 0) {
                    written += (byte) result;
                    inside += (int) result;
                }
            } else {
                byte[] bytes = read(pipe.reader(), 1 + random.nextInt(9000));
                for (byte next : bytes) {
                    assertThat(next).isEqualTo(expected++);
                }
                inside -= bytes.length;
            }
            assertThat(pipe.reader().available()).isEqualTo(inside);
            assertThat(pipe.reader().ready()).isEqualTo(inside > 0 ? OpenFile.READABLE : 0);
        }
    }

    @Test
    void aFaultLosesNothingThatWasNotMoved() {
        PipeEnd.Pair pipe = pipe();
        assertThat(write(pipe.writer(), new byte[] {1, 2, 3})).isEqualTo(3);
        assertThatThrownBy(() -> pipe.reader().read(Transfer.of(space, 0x5000, 3)))
                .isInstanceOf(GuestFault.class);
        assertThatThrownBy(() -> pipe.writer().write(Transfer.of(space, 0x5000, 3)))
                .isInstanceOf(GuestFault.class);
        assertThat(read(pipe.reader(), 9)).containsExactly(1, 2, 3);
    }

    @Test
    void copiedEndsShareOneBufferAndNotTheOriginals() {
        PipeEnd.Pair pipe = pipe();
        Epoll list = new Epoll(account);
        assertThat(list.add(5, pipe.reader(), OpenFile.READABLE | Epoll.EDGE, 7))
                .isZero();
        assertThat(write(pipe.writer(), new byte[] {1})).isEqualTo(1);
        assertThat(list.collect(9)).hasSize(1);
        Copies copies = new Copies();
        OpenFile reader = copies.of((OpenFile) pipe.reader());
        OpenFile writer = copies.of((OpenFile) pipe.writer());
        Epoll copied = (Epoll) copies.of((OpenFile) list);
        assertThat(copied.collect(9)).as("reported before the copy").isEmpty();
        assertThat(write(writer, new byte[] {2})).isEqualTo(1);
        assertThat(copied.collect(9)).containsExactly(new Epoll.Event(OpenFile.READABLE, 7));
        assertThat(list.collect(9)).isEmpty();
        assertThat(read(reader, 9)).containsExactly(1, 2);
        assertThat(read(pipe.reader(), 9)).containsExactly(1);
        writer.release();
        assertThat(reader.ready()).isEqualTo(OpenFile.HUNG_UP);
        assertThat(pipe.reader().ready()).isZero();
        pipe.writer().release();
        assertThat(((PipeEnd) new Copies().of((OpenFile) pipe.reader())).ready())
                .isEqualTo(OpenFile.HUNG_UP);
    }

    @Test
    void copiedSocketsTalkToEachOther() {
        SocketEnd.Pair pair = Objects.requireNonNull(SocketEnd.open(0, 1, account));
        assertThat(write(pair.first(), new byte[] {9})).isEqualTo(1);
        Copies copies = new Copies();
        OpenFile second = copies.of((OpenFile) pair.second());
        OpenFile first = copies.of((OpenFile) pair.first());
        assertThat(write(first, new byte[] {8})).isEqualTo(1);
        assertThat(read(second, 9)).containsExactly(9, 8);
        assertThat(read(pair.second(), 9)).containsExactly(9);
        first.release();
        assertThat(second.ready())
                .isEqualTo(OpenFile.READABLE | OpenFile.WRITABLE | OpenFile.HUNG_UP | OpenFile.READ_HUNG_UP);
        assertThat(write(second, new byte[] {1})).isEqualTo(-Errno.EPIPE);
        assertThat(write(pair.first(), new byte[] {1})).isEqualTo(1);
    }

    @Test
    void aTimerCountsWhatNobodyRead() {
        TimerFd timer = new TimerFd(0, 1);
        long now = System.nanoTime();
        timer.set(now - 1, 0);
        assertThat(timer.ready()).isEqualTo(OpenFile.READABLE);
        assertThat(timer.readyAt()).isEqualTo(Long.MAX_VALUE);
        OpenFile copy = new Copies().of((OpenFile) timer);
        assertThat(read(timer, 8)).containsExactly(1, 0, 0, 0, 0, 0, 0, 0);
        assertThat(timer.ready()).isZero();
        assertThat(copy.ready()).isEqualTo(OpenFile.READABLE);
        timer.set(now - 3_000_000_000_000L, 1_000_000_000_000L);
        assertThat(read(timer, 8)).containsExactly(4, 0, 0, 0, 0, 0, 0, 0);
        assertThat(timer.remaining(now)).isBetween(1L, 1_000_000_000_000L);
    }

    @Test
    void listsOfListsHaveNoLoopsAndTakeTurns() {
        Epoll outer = new Epoll(account);
        Epoll inner = new Epoll(account);
        assertThat(outer.add(1, inner, OpenFile.READABLE, 1)).isZero();
        assertThat(inner.add(2, outer, OpenFile.READABLE, 2)).isEqualTo(-Errno.ELOOP);
        for (int i = 0; i < 10; i++) {
            assertThat(inner.add(10 + i, new EventFd(0, 1, false), OpenFile.READABLE, i))
                    .isZero();
        }
        assertThat(outer.collect(4)).containsExactly(new Epoll.Event(OpenFile.READABLE, 1));
        long seen = 0;
        for (int i = 0; i < 5; i++) {
            for (Epoll.Event event : inner.collect(2)) {
                seen |= 1L << event.data();
            }
        }
        assertThat(seen).isEqualTo(0x3FF);
    }
}
