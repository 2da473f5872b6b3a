package mayfly.machine.kvm.program;

/** clone(2), futex(2) and what belongs to threads. */
final class ThreadCalls {
    private ThreadCalls() {}

    static void addTo(CallTable table) {}

    static long exit(Program program, long[] a) {
        return program.endThread((int) a[0] & 0xFF);
    }
}
