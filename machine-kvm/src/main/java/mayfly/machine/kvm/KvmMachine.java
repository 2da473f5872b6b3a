package mayfly.machine.kvm;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mayfly.base.MachineId;
import mayfly.machine.Machine;
import mayfly.machine.Outcome;
import mayfly.machine.Work;

/** The use of a {@link Shell} from its fork to its close. */
final class KvmMachine implements Machine {
    private final MachineId id;
    private final KvmTemplate template;
    private final Shell shell;
    private final boolean reusable;

    // guarded by this
    private boolean spent;
    private boolean closed;

    KvmMachine(MachineId id, KvmTemplate template, Shell shell, boolean reusable) {
        this.id = id;
        this.template = template;
        this.shell = shell;
        this.reusable = reusable;
    }

    @Override
    public MachineId id() {
        return id;
    }

    @Override
    public Outcome exec(Work work) {
        synchronized (this) {
            if (spent || closed) {
                return new Outcome.NotStarted("the machine was used up or is gone");
            }
            spent = !reusable;
        }
        Outcome outcome = shell.exec(work).join();
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
        synchronized (this) {
            if (spent || closed) {
                return false;
            }
        }
        try {
            return shell.ping(timeoutMillis).get(timeoutMillis + 1000, TimeUnit.MILLISECONDS);
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
        }
        template.giveBack(shell);
    }
}
