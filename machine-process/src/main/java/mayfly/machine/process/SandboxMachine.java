package mayfly.machine.process;

import java.util.concurrent.locks.ReentrantLock;
import mayfly.base.MachineId;
import mayfly.machine.FrameRead;
import mayfly.machine.Machine;

/**
 * One connection into a sandbox and the process behind it. The connection is the machine's life: hanging up kills the
 * process, and the end of the stream says that nothing of it is left.
 */
abstract class SandboxMachine implements Machine {
    /** How long a machine may take to die before its whole sandbox is killed; a fork bomb on a busy host needs seconds. */
    private static final long DEATH_MILLIS_MAX = 10_000;

    private final MachineId id;
    private final SandboxTemplate template;
    final WorkChannel channel;
    /** Held while the channel is used; close waits for it after hanging up. */
    final ReentrantLock use = new ReentrantLock();

    // guarded by use
    boolean spent;
    boolean gone;
    private boolean closed;

    volatile boolean timedOut;
    volatile boolean closing;

    SandboxMachine(MachineId id, SandboxTemplate template, WorkChannel channel) {
        this.id = id;
        this.template = template;
        this.channel = channel;
    }

    @Override
    public final MachineId id() {
        return id;
    }

    final boolean hasTimedOut() {
        return timedOut;
    }

    /** Its time is up. */
    void expire() {
        timedOut = true;
        hangUp();
    }

    /** Kills the process, and its whole sandbox when it does not die of that. */
    private void hangUp() {
        channel.hangUp();
        var watch = template.deadlines().blockingAfter(DEATH_MILLIS_MAX, this::enforceDeath);
        assert watch != null;
    }

    private void enforceDeath() {
        if (!use.tryLock()) { // somebody still waits for the end of the stream
            template.condemn("machine " + id + " did not die within " + DEATH_MILLIS_MAX + " ms");
            return;
        }
        try {
            if (!gone && !closed) {
                awaitDeath();
            }
        } finally {
            use.unlock();
        }
    }

    @Override
    public final boolean reset() {
        return false;
    }

    @Override
    public final void close() {
        closing = true;
        beforeClose();
        channel.hangUp();
        use.lock();
        try {
            if (closed) {
                return;
            }
            if (!gone) {
                awaitDeath();
            }
            closed = true;
            channel.close();
            template.forget(this);
        } finally {
            use.unlock();
        }
    }

    /** What ends its work, besides hanging up. */
    void beforeClose() {}

    /** Until nothing of it is left. Called with {@link #use} held. */
    void awaitDeath() {
        try (var _ = template.deadlines()
                .blockingAfter(
                        DEATH_MILLIS_MAX,
                        () -> template.condemn("machine " + id + " did not die when it was closed"))) {
            FrameRead read;
            do {
                read = channel.receive();
            } while (read instanceof FrameRead.Whole);
            if (read instanceof FrameRead.Malformed) {
                channel.drain();
            }
            gone = true;
        }
    }

    /** The sandbox is gone; ends whatever waits for this machine. */
    final void abandon() {
        closing = true;
        channel.abandon();
    }
}
