package mayfly.checks.sim;

import java.util.PriorityQueue;

/** What will happen, in the order of simulated time; at equal times in the order in which it was put in. */
final class Agenda {
    private record Item(long atNanos, long order, Runnable action) implements Comparable<Item> {
        @Override
        public int compareTo(Item other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Item> items = new PriorityQueue<>();
    private long order;
    private long nowNanos;

    long nowNanos() {
        return nowNanos;
    }

    void in(long nanos, Runnable action) {
        items.add(new Item(nowNanos + nanos, order++, action));
    }

    /** Runs what is due until the given time, which becomes now; at most so many actions. */
    void runUntil(long untilNanos, int actionsMax) {
        int actions = 0;
        while (!items.isEmpty() && items.peek().atNanos() <= untilNanos) {
            if (++actions > actionsMax) {
                throw new AssertionError("busy loop: " + actionsMax + " actions before " + untilNanos + " ns");
            }
            Item item = items.remove();
            nowNanos = item.atNanos();
            item.action().run();
        }
        nowNanos = Math.max(nowNanos, untilNanos);
    }
}
