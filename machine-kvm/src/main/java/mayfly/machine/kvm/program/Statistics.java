package mayfly.machine.kvm.program;

import java.util.Map;
import java.util.TreeMap;

/** Counts of what a program did; for people. */
public final class Statistics {
    final long[] calls = new long[CallTable.SIZE];
    long unknownCalls;
    long exits;
    long foretold;
    long faults;
    long switches;
    /** Results that a program gave no writable place for, where Linux does not mind. */
    long lostWrites;

    final Map<Long, Long> unknown = new TreeMap<>();

    /** All zero. */
    Statistics() {}

    /** Times that the program left the processor. */
    public long exits() {
        return exits;
    }

    /** System calls that were answered before the program made them. */
    public long foretold() {
        return foretold;
    }

    void foretold(int number) {
        calls[number]++;
        foretold++;
    }

    /** Page faults that were answered with memory. */
    public long faults() {
        return faults;
    }

    /** Changes from one thread to another. */
    public long switches() {
        return switches;
    }

    /** How often each system call was made, by number. */
    public Map<Integer, Long> calls() {
        Map<Integer, Long> made = new TreeMap<>();
        for (int number = 0; number < calls.length; number++) {
            if (calls[number] > 0) {
                made.put(number, calls[number]);
            }
        }
        return made;
    }

    /** How often each number was called that no call has; at most 64 numbers are kept. */
    public Map<Long, Long> unknown() {
        return Map.copyOf(unknown);
    }

    void countUnknown(long number) {
        unknownCalls++;
        if (unknown.size() < 64 || unknown.containsKey(number)) {
            unknown.merge(number, 1L, Long::sum);
        }
    }
}
