package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.cpu.ProcessorKind;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.program.SavedProgram;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.SavedFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No file, however it came to be, does more than be refused, or be a program that can at worst end itself. */
class SavedFileFuzzTest {
    private static final long SEED = Long.getLong("mayfly.seed", System.nanoTime());
    private static final int PAGE = GuestRam.PAGE;

    /** Loads what may be anything; whether it was taken. */
    private static boolean loads(SavedSnapshotTest.Bench bench, Path file) throws Exception {
        try (HostView view = bench.view()) {
            Snapshot.load(bench.kvm(), file, view, "key").close();
            return true;
        } catch (DamagedException refused) {
            return false;
        }
    }

    @Test
    void damagedFilesAreRefused(@TempDir Path dir) throws Exception {
        System.err.println("saved file seed " + SEED);
        Random random = new Random(SEED);
        SavedSnapshotTest.on(dir, SavedSnapshotTest.HOLDER, bench -> {
            Path file = dir.resolve("saved");
            try (HostView view = bench.view();
                    Snapshot snapshot = bench.freeze(view)) {
                snapshot.save(bench.kvm(), file, view, "key");
            }
            List<Long> data = data(file);
            Path damaged = dir.resolve("damaged");
            for (int i = 0; i < 60; i++) {
                Files.copy(file, damaged, StandardCopyOption.REPLACE_EXISTING);
                try (FileChannel channel = FileChannel.open(damaged, java.nio.file.StandardOpenOption.WRITE)) {
                    long size = channel.size();
                    channel.truncate(i < 20 ? size - i - 1 : random.nextLong(size));
                }
                assertThat(loads(bench, damaged)).isFalse();
            }
            Files.copy(file, damaged, StandardCopyOption.REPLACE_EXISTING);
            assertThat(loads(bench, damaged)).isTrue();
            try (RandomAccessFile bytes = new RandomAccessFile(damaged.toFile(), "rw")) {
                for (int i = 0; i < 300; i++) {
                    long at = data.get(random.nextInt(data.size())) + random.nextInt(PAGE);
                    bytes.seek(at);
                    int before = bytes.read();
                    bytes.seek(at);
                    bytes.write(before ^ 1 << random.nextInt(8));
                    assertThat(loads(bench, damaged)).as("byte " + at).isFalse();
                    bytes.seek(at);
                    bytes.write(before);
                }
            }
            assertThat(loads(bench, damaged)).isTrue();
        });
    }

    /** Offsets of pages that are not zero, those of the state and the last one. */
    private static List<Long> data(Path file) throws Exception {
        List<Long> pages = new ArrayList<>();
        byte[] page = new byte[PAGE];
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
            for (long at = 0;
                    at + 2 * PAGE < bytes.length();
                    at += PAGE) { // without the last of the state: it is padded
                bytes.seek(at);
                bytes.readFully(page);
                if (!java.util.Arrays.equals(page, new byte[PAGE])) {
                    pages.add(at);
                }
            }
            pages.add(bytes.length() - PAGE);
        }
        return pages;
    }

    @Test
    void hostileStatesWithTheRightSumsEndThemselvesAtWorst(@TempDir Path dir) throws Exception {
        System.err.println("saved state seed " + SEED);
        Random random = new Random(SEED);
        SavedSnapshotTest.on(dir, SavedSnapshotTest.HOLDER, bench -> {
            Path file = dir.resolve("saved");
            ProcessorKind kind = ProcessorKind.of(bench.kvm());
            try (HostView view = bench.view();
                    Snapshot snapshot = bench.freeze(view)) {
                snapshot.save(bench.kvm(), file, view, "key");
                byte[] state = SavedProgram.save(snapshot.program(), kind, view);
                long size = snapshot.view().size();
                int taken = 0;
                for (int i = 0; i < 2000; i++) {
                    byte[] mutant = mutate(state, random);
                    Memfd memory = Memfd.open(file.toString(), size);
                    try (Snapshot loaded =
                            Snapshot.of(new SavedFile(memory, memory.view(), mutant), kind, view, null)) {
                        taken++;
                        if (taken % 10 == 0) {
                            run(bench, loaded);
                        }
                    } catch (DamagedException refused) {
                        assertThat(refused).hasMessageNotContaining("Error");
                    }
                }
                assertThat(taken).as("mutants that were taken").isBetween(50, 1950);
            }
        });
    }

    private static byte[] mutate(byte[] state, Random random) {
        byte[] mutant = state.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int at = random.nextInt(mutant.length - 8);
            switch (random.nextInt(4)) {
                case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutant[at] = (byte) random.nextInt();
                case 2 -> java.util.Arrays.fill(mutant, at, at + 1 + random.nextInt(8), (byte) -random.nextInt(2));
                default -> mutant = java.util.Arrays.copyOf(mutant, Math.max(16, at));
            }
        }
        return mutant;
    }

    private static void run(SavedSnapshotTest.Bench bench, Snapshot loaded) throws Exception {
        ThreadSignal signal = bench.signal();
        try (VirtualMachine machine = loaded.fork(bench.kvm())) {
            if (machine.program().descriptors().get(3) instanceof Channel channel) {
                channel.give(new byte[] {'1'});
            }
            assertThat(machine.run(signal, System.nanoTime() + 20_000_000)).isNotNull();
            assertThat(machine.reset()).isNotNegative();
        }
    }

    @Test
    void pageTablesThatReachTooFarAreRefused(@TempDir Path dir) throws Exception {
        SavedSnapshotTest.on(dir, SavedSnapshotTest.HOLDER, bench -> {
            ProcessorKind kind = ProcessorKind.of(bench.kvm());
            try (HostView view = bench.view();
                    Snapshot snapshot = bench.freeze(view);
                    Memory memory = Memory.anonymous(snapshot.view().size())) {
                byte[] state = SavedProgram.save(snapshot.program(), kind, view);
                memory.copy(0, snapshot.view(), 0, memory.size());
                SavedProgram.load(state, memory, kind, view).close();
                long program = 0; // entries of a page of the program's, and of the machine's first
                long other = 0;
                long own = 0;
                for (long at = snapshot.tablesFrom(); at < snapshot.tablesEnd(); at += 8) {
                    long entry = memory.getLong(at);
                    long page = (entry & 0xF_FFFF_FFFF_F000L) >>> 12;
                    boolean last = (entry & 1) != 0 && page < snapshot.usedBytes() / PAGE;
                    other = last && page > 8 ? program : other;
                    program = last && page > 8 ? at : program;
                    own = last && page == 1 ? at : own;
                }
                long entry = memory.getLong(program);
                long rights = entry & ~0xF_FFFF_FFFF_F000L;
                refused(memory, program, rights | 1L << 12, state, kind, view); // the segments' table
                refused(memory, program, rights | 8L << 12, state, kind, view); // the clock's page
                refused(memory, program, rights | snapshot.tablesFrom(), state, kind, view);
                refused(memory, program, rights | memory.size(), state, kind, view);
                refused(memory, program, entry & ~4L, state, kind, view); // privilege 0
                refused(memory, program, entry | 1L << 8, state, kind, view); // global
                refused(memory, program, memory.getLong(other), state, kind, view);
                refused(memory, own, memory.getLong(own) | 4, state, kind, view);
                refused(memory, own, 0, state, kind, view);
                long root = snapshot.tablesFrom();
                refused(memory, root + 8 * 300, memory.getLong(root), state, kind, view);
                refused(memory, root, memory.getLong(root) + PAGE, state, kind, view);
                refused(memory, root, root | 0x67, state, kind, view);
                SavedProgram.load(state, memory, kind, view).close();
            }
        });
    }

    private static void refused(Memory memory, long at, long entry, byte[] state, ProcessorKind kind, HostView view) {
        long before = memory.getLong(at);
        memory.putLong(at, entry);
        assertThatThrownBy(() -> SavedProgram.load(state, memory, kind, view))
                .as("entry 0x%x at 0x%x", entry, at)
                .isInstanceOf(DamagedException.class);
        memory.putLong(at, before);
    }
}
