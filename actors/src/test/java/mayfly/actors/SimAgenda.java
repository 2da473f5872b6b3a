package mayfly.actors;

import java.time.Instant;
import java.util.PriorityQueue;
import java.util.Random;
import mayfly.base.Clock;

/** What will happen in a simulated world, in the order of its time, and the chance that the world is made from. */
final class SimAgenda implements Clock {
    private record Item(long atMillis, long order, Runnable action) implements Comparable<Item> {
        @Override
        public int compareTo(Item other) {
            int byTime = Long.compare(atMillis, other.atMillis);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** The time at which every world begins: wall clocks are never near 0. */
    static final long BEGIN = 1_700_000_000_000L;

    final Random random;
    private final PriorityQueue<Item> items = new PriorityQueue<>();
    private long order;
    private long nowMillis = BEGIN;
    private long actions;

    SimAgenda(long seed) {
        random = new Random(seed);
    }

    long nowMillis() {
        return nowMillis;
    }

    long actions() {
        return actions;
    }

    @Override
    public Instant now() {
        return Instant.ofEpochMilli(nowMillis);
    }

    @Override
    public long nanos() {
        return nowMillis * 1_000_000;
    }

    void in(long millis, Runnable action) {
        items.add(new Item(nowMillis + Math.max(0, millis), order++, action));
    }

    /** Runs what is due in the given time; at most so many actions. */
    void pass(long millis, int actionsMax) {
        long until = nowMillis + millis;
        int done = 0;
        while (!items.isEmpty() && items.peek().atMillis() <= until) {
            SimRule.require(++done <= actionsMax, SimRule.NO_BUSY_LOOP, actionsMax + " actions in " + millis + " ms");
            Item item = items.remove();
            nowMillis = item.atMillis();
            actions++;
            item.action().run();
        }
        nowMillis = until;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** From low to high, both included. */
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    /** Mostly no time or a millisecond or two, now and then up to the limit. */
    long soon(int millisMax) {
        int kind = random.nextInt(10);
        return kind < 6 ? random.nextInt(2) : kind < 9 ? random.nextInt(10) : random.nextInt(millisMax + 1);
    }
}
