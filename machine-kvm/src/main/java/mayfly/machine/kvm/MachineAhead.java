package mayfly.machine.kvm;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.machine.kvm.cpu.BlankMachine;
import org.jspecify.annotations.Nullable;

/** A machine without memory, made by a thread of its own while the snapshot that it will be forked from is read. */
final class MachineAhead implements AutoCloseable {
    private final Kvm kvm;
    private final FutureTask<BlankMachine> making;
    private boolean taken; // guarded by this

    MachineAhead(Kvm kvm) {
        this.kvm = kvm;
        making = new FutureTask<>(() -> BlankMachine.create(kvm));
        Thread.ofVirtual().name("machine-ahead").start(making);
    }

    /** To look at; waits until it is made. */
    BlankMachine look() throws ErrnoException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return making.get();
                } catch (InterruptedException e) {
                    interrupted = true; // it is made in any case, and soon
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof ErrnoException refused) {
                        throw refused;
                    }
                    throw new IllegalStateException(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The machine, once, which is the caller's then; null: it is gone, could not be made, or is of another KVM. */
    synchronized @Nullable BlankMachine take(Kvm user) {
        if (taken || !kvm.equals(user)) {
            return null;
        }
        taken = true;
        try {
            return look();
        } catch (ErrnoException | IllegalStateException e) {
            return null; // whoever needs one makes it, and hears why that cannot be
        }
    }

    @Override
    public void close() {
        BlankMachine left = take(kvm);
        if (left != null) {
            left.close();
        }
    }
}
