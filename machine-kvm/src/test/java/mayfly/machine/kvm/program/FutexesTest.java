package mayfly.machine.kvm.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Queues of waiters against a list of (who, address, bits) in the order in which they came. */
class FutexesTest {
    private record Waiter(int who, long address, int bits) {}

    @Test
    void doesWhatAPlainListDoes() {
        long seed = System.nanoTime();
        System.err.println("futexes seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            step(new Random(random.nextLong()));
        }
    }

    private static void step(Random random) {
        Futexes<Integer> futexes = new Futexes<>();
        Map<Integer, Futexes.Place<Integer>> places = new LinkedHashMap<>();
        List<Waiter> model = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            long address = 4L * random.nextInt(4);
            int count = random.nextInt(4);
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    int bits = random.nextBoolean() ? Futexes.ANY : 1 << random.nextInt(3);
                    places.put(i, futexes.add(i, address, bits));
                    model.add(new Waiter(i, address, bits));
                }
                case 2 -> {
                    int bits = random.nextBoolean() ? Futexes.ANY : 1 << random.nextInt(3);
                    List<Integer> woken = new ArrayList<>();
                    int told = futexes.wake(address, count, bits, woken::add);
                    List<Integer> expected = model.stream()
                            .filter(w -> w.address() == address && (w.bits() & bits) != 0)
                            .limit(count)
                            .map(Waiter::who)
                            .toList();
                    assertThat(woken).isEqualTo(expected).hasSize(told);
                    model.removeIf(w -> expected.contains(w.who()));
                }
                case 3 -> {
                    long to = 4L * random.nextInt(4);
                    List<Waiter> moved = model.stream()
                            .filter(w -> w.address() == address)
                            .limit(count)
                            .toList();
                    assertThat(futexes.requeue(address, to, count)).isEqualTo(moved.size());
                    if (to != address) {
                        model.removeAll(moved);
                        moved.forEach(w -> model.add(new Waiter(w.who(), to, w.bits())));
                    }
                }
                case 4 -> {
                    if (!places.isEmpty()) {
                        int who = new ArrayList<>(places.keySet()).get(random.nextInt(places.size()));
                        futexes.remove(places.get(who)); // perhaps for the second time
                        model.removeIf(w -> w.who() == who);
                    }
                }
                default -> futexes = copy(futexes, places, model, random);
            }
            check(futexes, places, model);
        }
    }

    /** A copy made in any order of waiters has their queues. */
    private static Futexes<Integer> copy(
            Futexes<Integer> original, Map<Integer, Futexes.Place<Integer>> places, List<Waiter> model, Random random) {
        Futexes<Integer> copy = new Futexes<>();
        List<Waiter> shuffled = new ArrayList<>(model);
        java.util.Collections.shuffle(shuffled, random);
        for (Waiter waiter : shuffled) {
            places.put(waiter.who(), copy.addCopy(waiter.who(), places.get(waiter.who())));
        }
        original.clear();
        return copy;
    }

    private static void check(
            Futexes<Integer> futexes, Map<Integer, Futexes.Place<Integer>> places, List<Waiter> model) {
        for (long address = 0; address < 16; address += 4) {
            long here = address;
            assertThat(futexes.waiting(address))
                    .isEqualTo(model.stream()
                            .filter(w -> w.address() == here)
                            .map(Waiter::who)
                            .toList());
        }
        assertThat((long) futexes.addresses())
                .isEqualTo(model.stream().map(Waiter::address).distinct().count());
        for (Waiter waiter : model) {
            assertThat(places.get(waiter.who()).waiting()).isTrue();
            assertThat(places.get(waiter.who()).address()).isEqualTo(waiter.address());
        }
    }
}
