package mayfly.machine.kvm.program;

import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import org.jspecify.annotations.Nullable;

/** What threads of a saved snapshot wait for. */
final class SavedWaits {
    // part of the file format
    static final int NONE = 0;
    static final int RETRY = 1;
    static final int WATCH = 2;
    static final int SLEEP = 3;
    static final int SIGNAL = 4;
    static final int FUTEX = 5;
    static final int SUSPENSION = 6;
    static final int REST_OF_WRITE = 7;

    private SavedWaits() {}

    /** What a thread of a program waits for; null: it can run. */
    static @Nullable Wait load(StateIn in, Program program, GuestThread thread) throws DamagedException {
        return switch (in.number(NONE, REST_OF_WRITE, "a kind of wait")) {
            case RETRY -> new Retry(program, thread, in.time(), in.longNumber());
            case WATCH -> new Watch(program, thread, in.time(), in.time());
            case SLEEP -> new Sleep(program, in.time(), in.longNumber());
            case SIGNAL -> new SignalWait(program, thread, in.longNumber(), in.longNumber(), in.time());
            case FUTEX -> FutexWait.load(in, program, thread);
            case SUSPENSION -> new Suspension();
            case REST_OF_WRITE -> {
                long done = in.size("bytes written");
                yield new RestOfWrite(program, thread, thread.process.descriptors.get(thread.arguments[0]), done);
            }
            default -> null;
        };
    }
}
