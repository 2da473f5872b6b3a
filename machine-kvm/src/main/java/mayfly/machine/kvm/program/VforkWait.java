package mayfly.machine.kvm.program;

/** Waits until the process that has this one's memory calls execve(2) or ends (vfork(2)). No signal ends it. */
final class VforkWait implements Wait {
    @Override
    public long poll() {
        return PENDING;
    }

    @Override
    public boolean polled() {
        return false;
    }

    @Override
    public boolean interruptible() {
        return false;
    }

    @Override
    public Wait copy(Program other, GuestThread copied) {
        return new VforkWait();
    }
}
