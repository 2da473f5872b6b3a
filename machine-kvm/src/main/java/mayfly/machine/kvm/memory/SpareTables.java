package mayfly.machine.kvm.memory;

import java.util.Arrays;

/**
 * The roots of page tables that processes had which ended. All that hangs on such a root is kept with it, for page tables
 * never become anything else; no program's page is mapped by it.
 */
final class SpareTables {
    /** All roots but the first process's, in the order in which they were made. Neither array is ever changed in place. */
    private int[] all = {};

    private int[] spare = {};

    /** What {@link #restore} needs. */
    record State(int[] all, int[] spare) {}

    static final State NONE = new State(new int[0], new int[0]);

    State state() {
        return spare.length == 0 && all.length == 0 ? NONE : new State(all, spare);
    }

    /** Those that were made since are spare now: a reset leaves nothing mapped by them. */
    void restore(State state) {
        int before = state.all().length;
        if (all.length <= before) {
            all = state.all();
            spare = state.spare();
            return;
        }
        int since = all.length - before;
        spare = Arrays.copyOf(state.spare(), state.spare().length + since);
        System.arraycopy(all, before, spare, spare.length - since, since);
    }

    /** A root that nobody uses; -1: there is none. */
    int take() {
        if (spare.length == 0) {
            return -1;
        }
        int root = spare[spare.length - 1];
        spare = Arrays.copyOf(spare, spare.length - 1);
        return root;
    }

    void made(int root) {
        all = append(all, root);
    }

    void give(int root) {
        spare = append(spare, root);
    }

    private static int[] append(int[] roots, int root) {
        int[] more = Arrays.copyOf(roots, roots.length + 1);
        more[roots.length] = root;
        return more;
    }
}
