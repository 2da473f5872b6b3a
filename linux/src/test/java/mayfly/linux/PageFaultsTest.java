package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PageFaultsTest {
    private static final int PAGES = 64;

    @Test
    void eachPageThatBecomesPrivateIsCountedAndNothingElseAfterwards() throws Exception {
        try (PageFaults faults = new PageFaults();
                Memfd file = Memfd.create("test", (long) PAGES * Memory.PAGE);
                Memory memory = Memory.anonymous(file.size())) {
            memory.smallPages();
            memory.overlay(0, file, 0, file.size());
            assertThat(taken(faults, memory)).isGreaterThanOrEqualTo(PAGES);
            // the JVM may have a fault of its own in between, but not each time
            assertThat(IntStream.range(0, 100).mapToLong(_ -> taken(faults, memory)))
                    .contains(0L);
        }
    }

    private static long taken(PageFaults faults, Memory memory) {
        try {
            long before = faults.ofThisThread();
            for (int i = 0; i < PAGES; i++) {
                memory.putInt((long) i * Memory.PAGE, i);
            }
            return faults.ofThisThread() - before;
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }
}
