package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.Region;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forked machines begin where their template waits, and are exactly there again after a reset. */
class SnapshotTest {
    private static final String COUNTER = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/mman.h>
            static int count;
            static char big[64 << 12];
            int main(void) {
                char in[64], out[96];
                volatile double x = 1.5;
                for (;;) {
                    ssize_t n = read(3, in, sizeof in - 1);
                    if (n <= 0) return 0;
                    in[n] = 0;
                    count++;
                    x *= 2;
                    for (int i = 0; i < atoi(in); i++) big[i << 12]++;
                    char *more = mmap(0, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    if (more[4096] != 0) return 9;
                    memset(more, 7, 1 << 20);
                    if (n % 2) munmap(more, 1 << 19);
                    int l = snprintf(out, sizeof out, "count=%d big=%d x=%.1f", count, big[0], x);
                    if (write(3, out, l) != l) return 1;
                }
            }
            """;

    @Test
    void everyRequestFindsTheTemplatesState(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        Path program = Bed.compile(dir, "counter", COUNTER);
        Bed.on((kvm, signal) -> {
            try (Snapshot snapshot = frozen(kvm, signal, program);
                    VirtualMachine fork = snapshot.fork(kvm);
                    VirtualMachine other = snapshot.fork(kvm)) {
                assertThat(fork.differences()).isZero();
                for (int i = 0; i < 50; i++) {
                    assertThat(ask(fork, signal, Integer.toString(i)))
                            .startsWith("count=1 big=" + (i > 0 ? 1 : 0) + " x=3.0");
                    assertThat(fork.reset()).isPositive();
                    assertThat(fork.differences()).isZero();
                }
                assertThat(ask(other, signal, "3")).isEqualTo("count=1 big=1 x=3.0");
                assertThat(ask(other, signal, "3")).isEqualTo("count=2 big=2 x=6.0");
            }
            return null;
        });
    }

    /** Touches so many pages of its own, and maps, fills and keeps so many KiB. */
    private static final String TOUCHES = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/mman.h>
            static char big[64 << 12];
            int main(void) {
                char in[64], out[96];
                int pages, kib;
                for (;;) {
                    ssize_t n = read(3, in, sizeof in - 1);
                    if (n <= 0) return 0;
                    in[n] = 0;
                    if (sscanf(in, "%d %d", &pages, &kib) != 2) return 1;
                    int seen = 0;
                    for (int i = 0; i < 64; i++) seen += big[i << 12];
                    for (int i = 0; i < pages; i++) big[i << 12]++;
                    char *more = mmap(0, kib << 10, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    for (int i = 0; i < kib; i += 4) seen += more[i << 10]++;
                    if (write(3, out, sprintf(out, "seen=%d", seen)) < 0) return 1;
                }
            }
            """;

    @Test
    void pagesThatAreKnownWithoutLookingAreAllThereAre(@TempDir Path dir) throws Exception {
        Path program = Bed.compile(dir, "touches", TOUCHES);
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("SnapshotTest seed " + seed);
        Random random = new Random(seed);
        Bed.on((kvm, signal) -> {
            try (Snapshot snapshot = frozen(kvm, signal, program);
                    VirtualMachine fork = snapshot.fork(kvm)) {
                int requests = 0;
                while (requests < 600) {
                    int pages = random.nextInt(65);
                    int kib = 4 << random.nextInt(random.nextInt(8) == 0 ? 14 : 8); // up to 32 MiB: more than is kept
                    for (int times = random.nextInt(kib < 1024 ? 30 : 3); times >= 0; times--, requests++) {
                        assertThat(ask(fork, signal, pages + " " + kib)).isEqualTo("seen=0");
                        assertThat(fork.reset()).isPositive();
                        assertThat(fork.differencesOfOwn())
                                .as("after %d pages, %d KiB", pages, kib)
                                .isZero();
                    }
                }

                assertThat(fork.searches()).as("or this shows nothing").isLessThan(requests * 3 / 4);
                assertThat(fork.differences()).isZero();
                AddressSpace space = fork.program().space();
                Region writable = space.regions().stream()
                        .filter(region -> (region.protection() & Region.WRITE) != 0)
                        .findFirst()
                        .orElseThrow();
                space.putLong(writable.start(), ~space.getLong(writable.start()));
                assertThat(fork.differencesOfOwn()).isOne();
                assertThat(fork.differences()).isOne();
                assertThat(fork.reset()).isPositive();
                assertThat(fork.differences()).as("what the host wrote").isZero();
            }
            return null;
        });
    }

    private static Snapshot frozen(Kvm kvm, ThreadSignal signal, Path program) throws Exception {
        VirtualMachine template = ChannelGuest.boot(kvm, signal, program);
        return template.freeze();
    }

    private static String ask(VirtualMachine machine, ThreadSignal signal, String request) throws Exception {
        byte[] answer = ChannelGuest.ask(machine, signal, request.getBytes(StandardCharsets.UTF_8));
        return new String(answer, StandardCharsets.UTF_8);
    }
}
