package mayfly.machine.kvm.program;

/** Where a program may be frozen: whether it waits for what its machine is given later. */
public final class WaitingPoint {
    private static final long READ = 0;

    private WaitingPoint() {}

    /** Whether a thread waits in read(2) on a descriptor. */
    public static boolean isRead(Program program, int fd) {
        for (GuestThread thread : program.threads()) {
            if (thread.wait != null && thread.callNumber == READ && thread.arguments[0] == fd) {
                return true;
            }
        }
        return false;
    }

    /** Whether a thread that waits asks a listening socket for a connection, by accept(2) or by any kind of poll. */
    public static boolean isForConnection(Program program) {
        int before = program.network().looks();
        return !program.look() && program.network().looks() != before;
    }
}
