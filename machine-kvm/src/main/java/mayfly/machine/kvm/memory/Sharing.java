package mayfly.machine.kvm.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How many more processes than one map each page. Nothing is kept as long as no process was ever forked. */
final class Sharing {
    /** Further users of each page; null: nobody shares any. */
    private short @Nullable [] more;

    /** What {@link #restore} needs. */
    record State(short @Nullable [] more) {}

    static final State NOBODY = new State(null);

    State state(int used) {
        return more == null ? NOBODY : new State(Arrays.copyOf(more, used));
    }

    /** @param pages all that there are */
    void restore(State state, int pages) {
        short[] saved = state.more();
        if (saved == null) {
            more = null;
            return;
        }
        short[] now = more == null ? new short[pages] : more;
        System.arraycopy(saved, 0, now, 0, saved.length);
        Arrays.fill(now, saved.length, now.length, (short) 0);
        more = now;
    }

    /** One more maps a page. There are never so many processes that this overflows. */
    void add(int page, int pages) {
        short[] all = more;
        if (all == null) {
            all = new short[pages];
            more = all;
        }
        all[page]++;
    }

    boolean isShared(int page) {
        return more != null && more[page] > 0;
    }

    /** One maps a page no more; whether others still do. */
    boolean leave(int page) {
        short[] all = more;
        if (all == null || all[page] == 0) {
            return false;
        }
        all[page]--;
        return true;
    }
}
