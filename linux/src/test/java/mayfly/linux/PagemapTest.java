package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Both ways of asking find exactly the pages of a private view that were written to. */
class PagemapTest {
    private static final int PAGES = 9000; // more than one read of the page map

    @Test
    void privatePagesAreThoseWrittenTo() throws Exception {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("PagemapTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            int capacity = 1 + random.nextInt(40);
            try (Memfd file = Memfd.create("test", (long) PAGES * Memory.PAGE)) {
                try (Memory shared = file.map()) {
                    for (int i = 0; i < PAGES; i++) {
                        if (random.nextInt(3) > 0) {
                            shared.putInt((long) i * Memory.PAGE, i);
                        }
                    }
                }
                check(random, capacity, file);
            }
        }
    }

    private static void check(Random random, int capacity, Memfd file) throws ErrnoException {
        try (Memory memory = Memory.anonymous(file.size());
                Pagemap scanning = Pagemap.open(capacity);
                Pagemap reading = Pagemap.openReading(capacity)) {
            memory.smallPages();
            memory.overlay(0, file, 0, file.size());
            BitSet written = new BitSet();
            int density = 1 + random.nextInt(60);
            for (int i = 0; i < PAGES; i++) {
                switch (random.nextInt(density + 2)) {
                    case 0 -> {
                        memory.putInt((long) i * Memory.PAGE + 8, 1);
                        written.set(i);
                    }
                    case 1 -> memory.getInt((long) i * Memory.PAGE);
                    default -> {}
                }
            }
            int from = random.nextInt(PAGES / 2);
            int until = from + random.nextInt(PAGES - from);
            written.clear(0, from);
            written.clear(until, PAGES);
            assertThat(found(scanning, memory, from, until))
                    .as("scan, capacity %d", capacity)
                    .isEqualTo(written);
            assertThat(found(reading, memory, from, until)).as("reading").isEqualTo(written);
        }
    }

    private static BitSet found(Pagemap pagemap, Memory memory, int from, int until) throws ErrnoException {
        BitSet pages = new BitSet();
        pagemap.privatePages(memory, (long) from * Memory.PAGE, (long) until * Memory.PAGE, (begin, end) -> {
            assertThat(begin).isLessThan(end);
            int first = (int) (begin / Memory.PAGE);
            assertThat(pages.get(first, (int) (end / Memory.PAGE)).isEmpty()).isTrue();
            pages.set(first, (int) (end / Memory.PAGE));
        });
        return pages;
    }
}
