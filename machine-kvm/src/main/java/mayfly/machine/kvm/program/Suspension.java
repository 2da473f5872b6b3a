package mayfly.machine.kvm.program;

import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** Waits for nothing: only a signal ends it (pause(2), rt_sigsuspend(2)). */
final class Suspension implements Wait {
    @Override
    public long poll() {
        return PENDING;
    }

    @Override
    public boolean polled() {
        return false;
    }

    @Override
    public void save(StateOut out) throws UnsavableException {
        out.number(SavedWaits.SUSPENSION);
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new Suspension();
    }
}
