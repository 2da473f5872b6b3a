package mayfly.core.runnerpool;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Hosts to draw from, each as likely as its weight is great. A binary indexed tree of the weights: every operation takes
 * O(log n), also when one host has a hundred thousand free slots and another has one.
 */
final class Urn {
    private static final int SMALLEST = 8;

    private Host[] hosts = new Host[SMALLEST];
    private long[] weights = new long[SMALLEST];
    /** Entry i, from 1, holds the sum of the weights of the last lowestOneBit(i) places before place i. */
    private long[] sums = new long[SMALLEST + 1];

    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    long total() {
        // the capacity is a power of two, so its entry spans all
        return sums[hosts.length];
    }

    void put(Host host, long weight) {
        if (size == hosts.length) {
            grow();
        }
        host.place = size++;
        hosts[host.place] = host;
        weigh(host, weight);
    }

    void weigh(Host host, long weight) {
        long change = weight - weights[host.place];
        weights[host.place] = weight;
        for (int i = host.place + 1; i < sums.length; i += i & -i) {
            sums[i] += change;
        }
    }

    void remove(Host host) {
        int place = host.place;
        weigh(host, 0);
        Host last = hosts[--size];
        hosts[size] = host;
        if (last != host) {
            long weight = weights[size];
            weigh(last, 0);
            hosts[place] = last;
            last.place = place;
            weigh(last, weight);
        }
        hosts[size] = null;
        host.place = Host.NOWHERE;
    }

    /** One of the hosts; the total must not be 0. */
    Host draw(RandomGenerator random) {
        long ticket = random.nextLong(total());
        int place = 0;
        for (int stride = hosts.length; stride > 0; stride >>= 1) {
            if (place + stride < sums.length && sums[place + stride] <= ticket) {
                place += stride;
                ticket -= sums[place];
            }
        }
        return hosts[place];
    }

    private void grow() {
        hosts = Arrays.copyOf(hosts, size * 2);
        weights = Arrays.copyOf(weights, size * 2);
        sums = new long[size * 2 + 1];
        for (int i = 1; i < sums.length; i++) {
            sums[i] += weights[i - 1];
            int above = i + (i & -i);
            if (above < sums.length) {
                sums[above] += sums[i];
            }
        }
    }
}
