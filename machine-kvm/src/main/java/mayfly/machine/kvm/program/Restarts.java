package mayfly.machine.kvm.program;

/** Which interrupted calls are made again when the handler was installed with SA_RESTART (signal(7)). */
final class Restarts {
    private static final int FUTEX = 202;
    /** read, write, ioctl, readv and so on, transfers of sockets, wait4, fcntl, flock, open. */
    private static final int[] NUMBERS = {
        0, 1, 2, 16, 17, 18, 19, 20, 40, 42, 43, 44, 45, 46, 47, 61, 72, 73, 247, 257, 275, 288, 295, 296, 299, 307,
        318, 326
    };

    private Restarts() {}

    static boolean canRestart(GuestThread thread) {
        if (thread.callNumber == FUTEX) {
            return thread.arguments[3] == 0; // with a time, it would wait for all of it again
        }
        for (int number : NUMBERS) {
            if (number == thread.callNumber) {
                return true;
            }
        }
        return false;
    }
}
