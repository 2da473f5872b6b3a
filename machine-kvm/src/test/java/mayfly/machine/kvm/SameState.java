package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Compares everything that two programs are made of, field by field, and what they share: what a save or load forgets
 * is seen even when neither of them knows of it.
 */
final class SameState {
    /** What is no state, or another one in another process, by "Class.field". */
    private static final Set<String> OTHERWISE = Set.of(
            // whose memory, directories and processor these are
            "GuestRam.memory",
            "Program.cpu",
            "SignalFrame.cpu",
            "HostMount.directory",
            "KernelMemory.total",
            // given to a program that was loaded, by its service
            "Network.destinations",
            // each machine's own number
            "GuestProcess.shownId",
            // whose files these are: the first to write to one copies it
            "MemoryInode.token",
            "Piece.token",
            "Token.era",
            // from the last look at the host
            "HostNode.known",
            "HostContent.status",
            "HostFiles.open",
            // as KVM has them; those that a program sees are in the saved bytes, which the test compares
            "CpuState.registers");

    private final IdentityHashMap<Object, Object> pairs = new IdentityHashMap<>();

    private record Pair(Object saved, Object loaded, String path) {}

    private final Deque<Pair> open = new ArrayDeque<>();
    private final List<String> differences = new ArrayList<>();
    private int compared;

    private SameState() {}

    static void of(Object saved, Object loaded) throws Exception {
        SameState same = new SameState();
        same.meet(saved, loaded, "");
        while (!same.open.isEmpty()) {
            same.compare(same.open.remove());
        }
        assertThat(String.join("\n", same.differences)).isEmpty();
        assertThat(same.compared).as("objects that were compared").isGreaterThan(300);
    }

    @SuppressWarnings("ReferenceEquality") // what is shared must stay shared
    private void meet(Object saved, Object loaded, String path) throws Exception {
        if (saved == null || loaded == null) {
            if (saved != null || loaded != null) {
                differences.add(path + ": " + saved + " is " + loaded);
            }
            return;
        }
        boolean isTable = saved instanceof Map && loaded instanceof Map;
        if (saved.getClass() != loaded.getClass() && !isTable) {
            differences.add(path + ": " + saved.getClass() + " is " + loaded.getClass());
            return;
        }
        Object known = pairs.put(saved, loaded);
        if (known == null) {
            open.add(new Pair(saved, loaded, path));
        } else if (known != loaded && !isValue(saved)) {
            differences.add(path + ": what was one " + saved.getClass().getSimpleName() + " is two");
        }
    }

    /** Whether nobody can tell one from two. */
    private static boolean isValue(Object object) throws Exception {
        return object.getClass().isArray()
                || object.getClass().getMethod("equals", Object.class).getDeclaringClass() != Object.class;
    }

    private void compare(Pair pair) throws Exception {
        compared++;
        Object saved = pair.saved();
        Object loaded = pair.loaded();
        Class<?> type = saved.getClass();
        if (type.isArray()) {
            if (type.getComponentType().isPrimitive()) {
                same(Objects.deepEquals(saved, loaded), pair);
                return;
            }
            both(elements(saved), elements(loaded), pair);
        } else if (saved instanceof Map<?, ?> map) {
            both(entries(map), entries((Map<?, ?>) loaded), pair);
        } else if (saved instanceof Collection<?> collection) {
            both(List.copyOf(new ArrayList<>(collection)), new ArrayList<>((Collection<?>) loaded), pair);
        } else if (type.getName().startsWith("java.") || saved instanceof Enum<?>) {
            same(saved.equals(loaded), pair);
        } else if (type.getName().startsWith("mayfly.") && !type.isHidden()) {
            fields(pair);
        }
    }

    private void same(boolean same, Pair pair) {
        if (!same) {
            differences.add(pair.path() + ": " + pair.saved() + " is " + pair.loaded());
        }
    }

    private void both(List<?> saved, List<?> loaded, Pair pair) throws Exception {
        same(saved.size() == loaded.size(), pair);
        for (int i = 0; i < Math.min(saved.size(), loaded.size()); i++) {
            meet(saved.get(i), loaded.get(i), pair.path() + "[" + i + "]");
        }
    }

    private static List<Object> elements(Object array) {
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
            all.add(Array.get(array, i));
        }
        return all;
    }

    private static List<Object> entries(Map<?, ?> map) {
        List<Object> all = new ArrayList<>();
        map.forEach((key, value) -> {
            all.add(key);
            all.add(value);
        });
        return all;
    }

    private void fields(Pair pair) throws Exception {
        for (Class<?> type = pair.saved().getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                String name = type.getSimpleName() + "." + field.getName();
                if (!Modifier.isStatic(field.getModifiers()) && !OTHERWISE.contains(name)) {
                    field.setAccessible(true);
                    meet(field.get(pair.saved()), field.get(pair.loaded()), pair.path() + "/" + field.getName());
                }
            }
        }
    }
}
