package mayfly.machine.host;

import java.util.concurrent.TimeUnit;
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
    private final HostTemplate template;
    private final boolean reusable;

    // guarded by this
    private boolean spent;
    private boolean closed;
    /** Where its template was when it last took a lane. */
    private HostTemplate.Place place;

    /** Kept between calls, only when reusable. */
    private @Nullable Lane lane;
    /** Where work is under way. */
    private @Nullable Lane working;

    private long workingCall;
    private @Nullable Thread worker;

    HostMachine(MachineId id, HostTemplate template, boolean reusable) {
        this.id = id;
        this.template = template;
        this.place = template.place();
        this.reusable = reusable;
    }

    @Override
    public MachineId id() {
        return id;
    }

    @Override
    public Outcome exec(Work work) {
        Outcome outcome = tryOnce(work);
        if (outcome instanceof Outcome.NotStarted && !place.lanes().live() && revive()) {
            outcome =
                    tryOnce(work); // nothing ran: the host ended since this machine was made, and there is another one
        }
        return outcome == null ? new Outcome.NotStarted("the machine was used up or is gone") : outcome;
    }

    /** Makes this machine one of the template's next host, if it is still wanted. */
    private synchronized boolean revive() {
        if (closed || template.isClosed()) {
            return false;
        }
        letGo();
        spent = false;
        return true;
    }

    /** Null when this machine may not work. */
    private @Nullable Outcome tryOnce(Work work) {
        Lane mine;
        try {
            if (!mayWork()) {
                return null;
            }
            mine = begin(template.livePlace(), work.timeout().toMillis(), !reusable);
        } catch (MachineException e) {
            return new Outcome.NotStarted(String.valueOf(e.getMessage()));
        }
        if (mine == null) {
            return null;
        }
        boolean clean = false;
        try {
            var request = new HostMessage.Exec(
                    place.number(), reusable, work.invocation(), work.json(), work.timeout(), work.payload());
            Outcome outcome = mine.exec(workingCall, request, work);
            clean = outcome instanceof Outcome.Success || outcome instanceof Outcome.HandlerError;
            return outcome;
        } catch (Lane.Broken e) {
            return new Outcome.Crashed(
                    e.getMessage() + (e.isGone() ? "; it " + place.lanes().ending() : ""));
        } finally {
            end(mine, clean);
        }
    }

    private synchronized boolean mayWork() {
        return !spent && !closed && working == null && !template.isClosed();
    }

    /** Takes a lane and a call's number; null when the machine may not work. */
    private @Nullable Lane begin(HostTemplate.Place now, long millis, boolean spends) throws MachineException {
        Lane mine;
        synchronized (this) {
            if (!mayWork()) {
                return null;
            }
            if (lane != null && !lane.isOpen()) {
                letGo(); // its host ended, and what it kept there
            }
            mine = lane;
            if (mine == null) {
                place = now;
            }
        }
        if (mine == null) {
            mine = now.lanes().take();
        }
        synchronized (this) {
            if (closed) {
                if (lane == null) {
                    now.lanes().giveBack(mine);
                }
                return null;
            }
            spent = spends;
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
            place.lanes().giveBack(mine);
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
            place.lanes().giveBack(mine);
        }
    }

    @Override
    public boolean ping(long timeoutMillis) {
        Lane mine;
        try {
            mine = begin(template.place(), timeoutMillis, false);
        } catch (MachineException e) {
            return false;
        }
        if (mine == null) {
            return false;
        }
        boolean well = false;
        try {
            well = mine.answers(workingCall, new HostMessage.Ping(place.number(), reusable, timeoutMillis));
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
