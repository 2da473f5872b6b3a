package mayfly.machine.process;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Gives each live sandbox a user id of its own, so that what escapes from one owns nothing of another. Ids are given
 * in turn: a freed one rests as long as possible.
 */
final class SupervisorUids {
    private final int first;
    private final int count;

    // guarded by this
    private final Map<String, Integer> byName = new HashMap<>();
    private final Set<Integer> taken = new HashSet<>();
    private int next;

    SupervisorUids(int first, int count) {
        this.first = first;
        this.count = count;
    }

    /** The one it has already, or the next; empty when all are taken. */
    synchronized OptionalInt take(String name) {
        Integer own = byName.get(name);
        if (own != null) {
            return OptionalInt.of(own);
        }
        for (int tried = 0; tried < count; tried++) {
            int uid = first + next;
            next = (next + 1) % count;
            if (taken.add(uid)) {
                byName.put(name, uid);
                return OptionalInt.of(uid);
            }
        }
        return OptionalInt.empty();
    }

    /** Marks an id as taken by a sandbox that an earlier process started. */
    synchronized void restore(String name, int uid) {
        if (uid >= first && uid - first < count && taken.add(uid)) {
            byName.put(name, uid);
            next = (uid - first + 1) % count;
        }
    }

    /** Nothing of the sandbox is left; repeated calls do nothing. */
    synchronized void release(String name) {
        Integer uid = byName.remove(name);
        if (uid != null) {
            taken.remove(uid);
        }
    }
}
