package mayfly.core.actor;

import java.util.Locale;

/** What becomes of an actor whose program failed or whose runner was lost. */
public enum CrashPolicy {
    /** Started again at once, and after repeated failures with growing pauses. */
    RESTART,
    /** Left sleeping until somebody wakes it. */
    SLEEP,
    /** Gone, with all that it kept. */
    DESTROY;

    /** The word in records and answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
