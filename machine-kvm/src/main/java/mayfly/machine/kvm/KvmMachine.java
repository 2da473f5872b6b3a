package mayfly.machine.kvm;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mayfly.base.MachineId;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Work;

/** A virtual machine from its fork to its close. */
public final class KvmMachine implements Machine {
    /** What it may do with its shell. */
    interface Lease {
        CompletableFuture<Outcome> exec(Work work);

        CompletableFuture<Served> serve(Connection connection, Duration limit, LogSink logs);

        CompletableFuture<Boolean> ping(long timeoutMillis, boolean andReset);

        /** The last call of a lease: whatever the shell is asked to do afterwards, it does for somebody else. */
        void giveBack();
    }

    private final MachineId id;
    private final Lease lease;
    private final boolean reusable;

    // guarded by this
    private boolean spent;
    private boolean closed;

    KvmMachine(MachineId id, Lease lease, boolean reusable) {
        this.id = id;
        this.lease = lease;
        this.reusable = reusable;
    }

    @Override
    public MachineId id() {
        return id;
    }

    @Override
    public Outcome exec(Work work) {
        return begin(work).join();
    }

    /**
     * Begins {@link #exec} and does not wait for it.
     *
     * @return never fails; completes on the machine's own thread, which what depends on it must not hold up for long
     */
    public CompletableFuture<Outcome> begin(Work work) {
        synchronized (this) { // what is queued after close would run in somebody else's lease of the shell
            if (spent || closed) {
                return CompletableFuture.completedFuture(new Outcome.NotStarted("the machine was used up or is gone"));
            }
            spent = !reusable;
            return lease.exec(work).thenApply(this::ended);
        }
    }

    @Override
    public Served serve(Connection connection, Duration limit, LogSink logs) {
        return begin(connection, limit, logs).join();
    }

    @Override
    public CompletableFuture<Served> begin(Connection connection, Duration limit, LogSink logs) {
        synchronized (this) { // as above
            if (spent || closed) {
                return CompletableFuture.completedFuture(Served.notStarted("the machine was used up or is gone"));
            }
            spent = true;
            return lease.serve(connection, limit, logs);
        }
    }

    private Outcome ended(Outcome outcome) {
        if (outcome instanceof Outcome.Crashed
                || outcome instanceof Outcome.TimedOut
                || outcome instanceof Outcome.NotStarted) {
            synchronized (this) {
                spent = true;
            }
        }
        return outcome;
    }

    @Override
    public boolean ping(long timeoutMillis) {
        CompletableFuture<Boolean> answer;
        synchronized (this) {
            if (spent || closed) {
                return false;
            }
            answer = lease.ping(timeoutMillis, !reusable);
        }
        try {
            return answer.get(timeoutMillis + 1000, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Close it instead: what closes is reset, and forked again. */
    @Override
    public boolean reset() {
        return false;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            lease.giveBack();
        }
    }
}
