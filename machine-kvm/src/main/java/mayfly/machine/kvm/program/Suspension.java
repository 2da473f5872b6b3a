package mayfly.machine.kvm.program;

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
    public Wait copy(Program other, GuestThread copied) {
        return new Suspension();
    }
}
