package mayfly.machine.kvm.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.linux.Errno;
import org.junit.jupiter.api.Test;

class KernelMemoryTest {
    private static final int MIB = 1 << 20;
    private final KernelMemory.Share share = new KernelMemory.Share(8 * MIB);

    @Test
    void aMachineGetsNoMoreThanItsPart() {
        KernelMemory memory = new KernelMemory(share, 2 * MIB);
        assertThat(memory.reserve(2 * MIB)).isTrue();
        memory.charge(2 * MIB);
        assertThat(memory.reserve(1)).isFalse();
        memory.charge(-1);
        assertThat(memory.reserve(1)).isTrue();
        assertThatThrownBy(() -> memory.charge(-3 * MIB)).isInstanceOf(AssertionError.class);
    }

    @Test
    void allMachinesTogetherGetNoMoreThanTheShare() {
        List<KernelMemory> machines = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            KernelMemory memory = new KernelMemory(share, 4 * MIB);
            assertThat(memory.reserve(MIB)).isTrue();
            memory.charge(MIB);
            machines.add(memory);
        }
        assertThat(machines.get(3).reserve(1)).as("within its own part").isFalse();
        machines.get(5).close();
        assertThat(machines.get(3).reserve(MIB)).isTrue();
        machines.forEach(KernelMemory::close);
        assertThat(share.left()).isEqualTo(8 * MIB);
    }

    @Test
    void mappingsAreCountedOnceHoweverOftenTheyAreTold() {
        KernelMemory memory = new KernelMemory(share, 2 * MIB);
        assertThat(memory.hold(MIB)).isTrue();
        assertThat(memory.hold(MIB)).isTrue();
        assertThat(memory.used()).isEqualTo(MIB);
        assertThat(memory.hold(3 * MIB)).isFalse();
        assertThat(memory.used()).isEqualTo(MIB);
        assertThat(memory.hold(0)).isTrue();
        assertThat(memory.used()).isZero();
    }

    /** Files are made, written, mapped, cut, and removed at random, in a machine and in a copy of it. */
    @Test
    void whatIsChargedIsWhatTheFilesTake() {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("kernel memory seed " + seed);
        Random random = new Random(seed);
        for (int world = 0; world < 50; world++) {
            KernelMemory memory = new KernelMemory(share, 4 * MIB);
            FileTree first = new FileTree(new MemoryFiles(2 * MIB, 60, memory));
            change(first, random, 60);
            long of = memory.used();
            FileTree second = first.copy();
            assertThat(second.kernelMemory().used()).isZero();
            change(second, random, 120);
            removeAll(second);
            assertThat(second.kernelMemory().used()).as("seed %d", seed).isZero();
            assertThat(memory.used()).as("of the machine that was copied").isEqualTo(of);
            second.kernelMemory().close();
            memory.close();
        }
        assertThat(share.left()).isEqualTo(8 * MIB);
    }

    private static final int FILES = 20;

    private static void change(FileTree tree, Random random, int steps) {
        byte[] bytes = new byte[200_000];
        for (int step = 0; step < steps; step++) {
            String name = "/f" + random.nextInt(FILES);
            switch (random.nextInt(8)) {
                case 0 -> remove(tree, name);
                case 1 -> open(tree, name, random, file -> file.truncate(random.nextInt(300_000)));
                case 2 ->
                    open(tree, name, random, file -> {
                        if (file instanceof OpenMemoryFile mapped) {
                            assertThat(mapped.backing()).isNotNull();
                        }
                        return 0;
                    });
                case 3 ->
                    open(tree, name, random, file -> file.allocate(3, random.nextInt(100_000), random.nextInt(90_000)));
                default ->
                    open(tree, name, random, file -> {
                        Transfer from = Transfer.of(bytes, 1 + random.nextInt(bytes.length - 1));
                        return file.writeAt(from, random.nextInt(300_000));
                    });
            }
        }
    }

    private interface Use {
        long of(OpenFile file);
    }

    private static void open(FileTree tree, String name, Random random, Use use) {
        int flags = OpenFile.READ_WRITE | FileTree.O_CREAT | (random.nextInt(9) == 0 ? FileTree.O_TRUNC : 0);
        OpenFile file = tree.open(tree.root(), name, flags, 0600).file();
        if (file == null) {
            return;
        }
        boolean removedMeanwhile = random.nextInt(7) == 0;
        if (removedMeanwhile) {
            remove(tree, name);
        }
        assertThat(use.of(file)).isGreaterThanOrEqualTo((long) -Errno.ENOSPC);
        file.release();
    }

    private static void remove(FileTree tree, String name) {
        assertThat(tree.remove(tree.root(), name, false)).isIn(0L, (long) -Errno.ENOENT);
    }

    private static void removeAll(FileTree tree) {
        for (int i = 0; i < FILES; i++) {
            remove(tree, "/f" + i);
        }
    }
}
