package mayfly.machine.kvm.program;

import org.jspecify.annotations.Nullable;

/**
 * What is known of how machines of a template begin a unit of work. Shared by all of them; decides when a script is
 * learned, used, and given up: a miss costs more than a hit saves. Safe for concurrent use.
 */
public final class Foresight {
    /** Misses in a row after which a program counts as one that cannot be foreseen. */
    static final int MISSES_MAX = 3;
    /** For how many units of work it is then left alone. */
    static final int REST = 1024;

    // guarded by this
    private @Nullable Script script;
    private int misses;
    private int resting;
    private long hits;
    private long missed;

    /** Knows nothing. */
    public Foresight() {}

    /** What the next unit of work is to do. */
    sealed interface Plan {
        /** Nothing out of the ordinary. */
        record Plain() implements Plan {}

        /** Tell what it did. */
        record Learn() implements Plan {}

        /** Expect this. */
        record Expect(Script script) implements Plan {}
    }

    synchronized Plan plan() {
        if (resting > 0) {
            resting--;
            return new Plan.Plain();
        }
        Script known = script;
        return known == null ? new Plan.Learn() : new Plan.Expect(known);
    }

    synchronized void learned(Script seen) {
        if (seen.calls().isEmpty()) {
            resting = REST; // there is nothing to expect
        } else {
            script = seen;
        }
    }

    synchronized void hit() {
        misses = 0;
        hits++;
    }

    /** Units of work that went as expected. */
    public synchronized long hits() {
        return hits;
    }

    /** Units of work that did not, and were begun again. */
    public synchronized long missed() {
        return missed;
    }

    /** It went another way, which is learned from. */
    synchronized void miss() {
        missed++;
        script = null;
        if (++misses >= MISSES_MAX) {
            misses = 0;
            resting = REST;
        }
    }
}
