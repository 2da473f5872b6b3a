package mayfly.machine.host;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import mayfly.base.MachineId;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import org.jspecify.annotations.Nullable;

/**
 * A machine in the host. It has a {@link Lane} while it works and, when it is to be kept, from its first work to its
 * close; on that lane the host does what it is asked in the order in which it is asked, and a cancel names its call: so
 * nothing of this machine reaches the lane's next user.
 */
final class HostMachine implements Machine {
    private static final long CLOSE_MILLIS_MAX = 10_000;

    private final MachineId id;
    private final Lanes lanes;
    private final long template;
    private final boolean reusable;
    private final BooleanSupplier templateClosed;

    // guarded by this
    private boolean spent;
    private boolean closed;
    /** Kept between calls, only when reusable. */
    private @Nullable Lane lane;
    /** Where work is under way. */
    private @Nullable Lane working;

    private long workingCall;
    private @Nullable Thread worker;

    HostMachine(MachineId id, Lanes lanes, long template, boolean reusable, BooleanSupplier templateClosed) {
        this.id = id;
        this.lanes = lanes;
        this.template = template;
        this.reusable = reusable;
        this.templateClosed = templateClosed;
    }

    @Override
    public MachineId id() {
        return id;
    }

    @Override
    public Outcome exec(Work work) {
        long millis = work.timeout().toMillis();
        Lane mine;
        try {
            mine = begin(millis, true);
        } catch (MachineException e) {
            return new Outcome.NotStarted(String.valueOf(e.getMessage()));
        }
        if (mine == null) {
            return new Outcome.NotStarted("the machine was used up or is gone");
        }
        boolean clean = false;
        try {
            var request = new HostMessage.Exec(
                    template, reusable, work.invocation(), work.json(), work.timeout(), work.payload());
            Outcome outcome = mine.exec(workingCall, request, work);
            clean = outcome instanceof Outcome.Success || outcome instanceof Outcome.HandlerError;
            return outcome;
        } catch (Lane.Broken e) {
            return new Outcome.Crashed(
                    lanes.live() ? String.valueOf(e.getMessage()) : "the machine host " + lanes.ending());
        } finally {
            end(mine, clean);
        }
    }

    /** Takes a lane and a call's number; null when the machine may not work. */
    private @Nullable Lane begin(long millis, boolean spends) throws MachineException {
        Lane mine;
        synchronized (this) {
            if (spent || closed || working != null || templateClosed.getAsBoolean()) {
                return null;
            }
            mine = lane;
        }
        if (mine == null) {
            mine = lanes.take();
        }
        synchronized (this) {
            if (closed) {
                if (lane == null) {
                    lanes.giveBack(mine);
                }
                return null;
            }
            spent = spends && !reusable;
            working = mine;
            workingCall = mine.begin(millis);
            worker = Thread.currentThread();
            if (reusable) {
                lane = mine;
            }
        }
        return mine;
    }

    private synchronized void end(Lane mine, boolean clean) {
        working = null;
        worker = null;
        if (!clean) {
            spent = true;
        }
        if (!reusable) {
            lanes.giveBack(mine);
        } else if (closed) {
            letGo();
        }
        notifyAll();
    }

    /** Under the lock, with no work under way. */
    private void letGo() {
        Lane mine = lane;
        lane = null;
        if (mine != null) {
            mine.release();
            lanes.giveBack(mine);
        }
    }

    @Override
    public boolean ping(long timeoutMillis) {
        Lane mine;
        try {
            mine = begin(timeoutMillis, false);
        } catch (MachineException e) {
            return false;
        }
        if (mine == null) {
            return false;
        }
        boolean well = false;
        try {
            well = mine.answers(workingCall, new HostMessage.Ping(template, reusable, timeoutMillis));
            return well;
        } catch (Lane.Broken e) {
            return false;
        } finally {
            end(mine, well);
        }
    }

    /** Close it instead: the host resets what is closed, and forks it again. */
    @Override
    public boolean reset() {
        return false;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Lane busy = working;
        if (busy == null) {
            letGo();
            return;
        }
        busy.cancel(workingCall);
        if (!Thread.currentThread().equals(worker)) {
            awaitEnd(busy, workingCall);
        }
    }

    /** The host confirms a cancel by answering the work; a host that does not is cut off from it. */
    private void awaitEnd(Lane busy, long call) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS_MAX);
        boolean interrupted = false;
        while (working != null && workingCall == call) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            try {
                if (left <= 0) {
                    busy.abandon("it did not end a machine in time");
                    wait();
                } else {
                    wait(left);
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
