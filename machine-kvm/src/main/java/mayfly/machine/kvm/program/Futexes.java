package mayfly.machine.kvm.program;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Who waits at which address (futex(2)), first come first woken. Knows nothing of memory, time or threads: they are the
 * caller's. Addresses are those of one address space, so private and shared futexes are the same.
 *
 * @param <W> who waits
 */
final class Futexes<W> {
    /** Matches every waiter. */
    static final int ANY = -1;

    /** A place in the queue of an address. */
    static final class Place<W> {
        final W who;
        /** Only a wake with one of these bits reaches it; never 0. */
        final int bits;

        private long address;
        /** Lower is woken first; no two places have the same. */
        private long order;

        private boolean waiting = true;

        private Place(W who, long address, int bits, long order) {
            this.who = who;
            this.address = address;
            this.bits = bits;
            this.order = order;
        }

        long address() {
            return address;
        }

        long order() {
            return order;
        }

        /** Until it is woken or leaves. */
        boolean waiting() {
            return waiting;
        }
    }

    /** Sorted by {@link Place#order}; no list is empty. */
    private final Map<Long, List<Place<W>>> queues = new HashMap<>();

    private long lastOrder;

    /** Somebody begins to wait, behind all who wait there. */
    Place<W> add(W who, long address, int bits) {
        return insert(new Place<>(who, address, bits, ++lastOrder));
    }

    /** Somebody waits here as {@code original} does in the structure this one is a copy of. */
    Place<W> addCopy(W who, Place<?> original) {
        lastOrder = Math.max(lastOrder, original.order);
        return insert(new Place<>(who, original.address, original.bits, original.order));
    }

    /** Somebody waits as when the program was saved. */
    Place<W> addSaved(W who, long address, int bits, long order) {
        lastOrder = Math.max(lastOrder, order);
        return insert(new Place<>(who, address, bits, order));
    }

    private Place<W> insert(Place<W> place) {
        List<Place<W>> queue = queues.computeIfAbsent(place.address, _ -> new ArrayList<>(2));
        int at = queue.size();
        while (at > 0 && queue.get(at - 1).order > place.order) {
            at--;
        }
        queue.add(at, place);
        return place;
    }

    /** Gives up waiting; nothing when it was woken before. */
    void remove(Place<W> place) {
        if (place.waiting) {
            place.waiting = false;
            leave(place);
        }
    }

    private void leave(Place<W> place) {
        List<Place<W>> queue = queues.get(place.address);
        if (queue != null) {
            queue.remove(place);
            if (queue.isEmpty()) {
                queues.remove(place.address);
            }
        }
    }

    /**
     * Wakes at most {@code count} of those who wait at an address with one of these bits.
     *
     * @return how many
     */
    int wake(long address, int count, int bits, Consumer<W> wake) {
        int woken = 0;
        for (Place<W> place : first(address, count, bits)) {
            remove(place);
            wake.accept(place.who);
            woken++;
        }
        return woken;
    }

    /**
     * Lets at most {@code count} of those who wait at one address wait at another, behind those who do.
     *
     * @return how many
     */
    int requeue(long from, long to, int count) {
        List<Place<W>> moving = first(from, count, ANY);
        if (from != to) {
            for (Place<W> place : moving) {
                leave(place);
                place.address = to;
                place.order = ++lastOrder;
                insert(place);
            }
        }
        return moving.size();
    }

    private List<Place<W>> first(long address, int count, int bits) {
        List<Place<W>> queue = queues.get(address);
        if (queue == null || count <= 0) {
            return List.of();
        }
        List<Place<W>> found = new ArrayList<>(Math.min(count, queue.size()));
        for (Place<W> place : queue) {
            if ((place.bits & bits) != 0) {
                found.add(place);
                if (found.size() == count) {
                    break;
                }
            }
        }
        return found;
    }

    /** Those who wait at an address, first to be woken first. */
    List<W> waiting(long address) {
        return first(address, Integer.MAX_VALUE, ANY).stream()
                .map(place -> place.who)
                .toList();
    }

    /** Addresses that somebody waits at. */
    int addresses() {
        return queues.size();
    }

    void clear() {
        queues.clear();
    }
}
