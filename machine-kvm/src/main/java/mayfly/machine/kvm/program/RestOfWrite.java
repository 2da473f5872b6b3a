package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** Waits to write the rest of what did not fit into a pipe: a write that may wait is not over before all is written. */
final class RestOfWrite implements Wait {
    private final Program program;
    private final GuestThread thread;
    private final @Nullable OpenFile file;
    private long done;

    RestOfWrite(Program program, GuestThread thread, @Nullable OpenFile file, long done) {
        this.program = program;
        this.thread = thread;
        this.file = file;
        this.done = done;
    }

    @Override
    public long poll() {
        try {
            Transfer rest = TransferCalls.source(program, thread);
            if (file == null || rest == null) {
                return done;
            }
            rest.skip((int) Math.min(done, rest.remaining()));
            long result = file.write(rest);
            if (result == -Errno.EPIPE) {
                program.signals()
                        .raise(
                                thread,
                                SignalInfo.fromProgram(Signals.SIGPIPE, SignalInfo.SI_USER, program.process().shownId));
            }
            if (result < 0) {
                return result == -Errno.EAGAIN ? PENDING : done;
            }
            done += result;
            return rest.remaining() == 0 ? done : PENDING;
        } catch (GuestFault unmappedMeanwhile) {
            return done;
        }
    }

    @Override
    public long interrupted() {
        return done;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.REST_OF_WRITE);
        out.number(done);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new RestOfWrite(other, copied, copied.process.descriptors.get(copied.arguments[0]), done);
    }
}
