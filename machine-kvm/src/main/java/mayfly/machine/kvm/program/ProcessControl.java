package mayfly.machine.kvm.program;

import mayfly.linux.Errno;

/** prctl(2): settings of a process that Linux remembers; whatever has no meaning for one that is alone is refused. */
final class ProcessControl {
    // linux/prctl.h
    private static final int SET_DEATH_SIGNAL = 1;
    private static final int GET_DEATH_SIGNAL = 2;
    private static final int GET_DUMPABLE = 3;
    private static final int SET_DUMPABLE = 4;
    private static final int GET_KEEP_CAPABILITIES = 7;
    private static final int SET_KEEP_CAPABILITIES = 8;
    private static final int GET_TIMING = 13;
    private static final int SET_NAME = 15;
    private static final int GET_NAME = 16;
    private static final int GET_SECCOMP = 21;
    private static final int READ_BOUNDING = 23;
    private static final int DROP_BOUNDING = 24;
    private static final int GET_TSC = 25;
    private static final int SET_TSC = 26;
    private static final int GET_SECURE_BITS = 27;
    private static final int SET_SECURE_BITS = 28;
    private static final int SET_TIMER_SLACK = 29;
    private static final int GET_TIMER_SLACK = 30;
    private static final int SET_MM = 35;
    private static final int SET_SUBREAPER = 36;
    private static final int GET_SUBREAPER = 37;
    private static final int SET_NO_NEW_PRIVILEGES = 38;
    private static final int GET_NO_NEW_PRIVILEGES = 39;
    private static final int SET_HUGE_PAGES_OFF = 41;
    private static final int GET_HUGE_PAGES_OFF = 42;

    private static final int TSC_ENABLE = 1;
    private static final int LAST_CAPABILITY = 40;
    private static final int LAST_SIGNAL = 64;
    private static final long DEFAULT_SLACK_NANOS = 50_000;

    private ProcessControl() {}

    static long call(Program program, long[] a) {
        ProcessState state = program.state();
        return switch ((int) a[0]) {
            case GET_DEATH_SIGNAL -> put(program, a[1], state.deathSignal);
            case GET_DUMPABLE -> state.dumpable;
            case GET_KEEP_CAPABILITIES -> state.keepCapabilities ? 1 : 0;
            case GET_TIMING, GET_SECCOMP, GET_SECURE_BITS -> 0;
            case GET_NAME -> {
                program.space().write(a[1], program.current().name);
                yield 0;
            }
            case READ_BOUNDING -> a[1] >= 0 && a[1] <= LAST_CAPABILITY ? 0 : -Errno.EINVAL;
            case GET_TSC -> put(program, a[1], TSC_ENABLE);
            case GET_TIMER_SLACK -> Math.min(state.timerSlack, Integer.MAX_VALUE);
            case GET_SUBREAPER -> put(program, a[1], state.subreaper ? 1 : 0);
            case GET_NO_NEW_PRIVILEGES -> rest(a, 1) != 0 ? -Errno.EINVAL : state.noNewPrivileges ? 1 : 0;
            case GET_HUGE_PAGES_OFF -> rest(a, 1) != 0 ? -Errno.EINVAL : state.hugePagesOff ? 1 : 0;
            case DROP_BOUNDING, SET_SECURE_BITS, SET_MM -> -Errno.EPERM;
            default -> set(program, state, a);
        };
    }

    private static long set(Program program, ProcessState state, long[] a) {
        switch ((int) a[0]) {
            case SET_DEATH_SIGNAL -> {
                if (a[1] < 0 || a[1] > LAST_SIGNAL) {
                    return -Errno.EINVAL;
                }
                state.deathSignal = (int) a[1];
            }
            case SET_DUMPABLE -> {
                if (a[1] != 0 && a[1] != 1) {
                    return -Errno.EINVAL;
                }
                state.dumpable = (int) a[1];
            }
            case SET_KEEP_CAPABILITIES -> {
                if (a[1] != 0 && a[1] != 1) {
                    return -Errno.EINVAL;
                }
                state.keepCapabilities = a[1] == 1;
            }
            case SET_NAME -> {
                byte[] text = program.space().readString(a[1], ProcessState.NAME_BYTES - 1);
                program.current().name = ProcessState.name(
                        text != null ? text : program.space().read(a[1], ProcessState.NAME_BYTES - 1));
            }
            case SET_TSC -> {
                return a[1] == TSC_ENABLE ? 0 : -Errno.EINVAL;
            }
            case SET_TIMER_SLACK -> state.timerSlack = a[1] <= 0 ? DEFAULT_SLACK_NANOS : a[1];
            case SET_SUBREAPER -> state.subreaper = a[1] != 0;
            case SET_NO_NEW_PRIVILEGES -> {
                if (a[1] != 1 || rest(a, 2) != 0) {
                    return -Errno.EINVAL;
                }
                state.noNewPrivileges = true;
            }
            case SET_HUGE_PAGES_OFF -> {
                if (rest(a, 2) != 0) {
                    return -Errno.EINVAL;
                }
                state.hugePagesOff = a[1] != 0;
            }
            default -> {
                return -Errno.EINVAL;
            }
        }
        return 0;
    }

    /** Arguments that must be 0: those from {@code first} to the fifth, or-ed. */
    private static long rest(long[] a, int first) {
        long bits = 0;
        for (int i = first; i < 5; i++) {
            bits |= a[i];
        }
        return bits;
    }

    private static long put(Program program, long address, int value) {
        program.space().putInt(address, value);
        return 0;
    }
}
