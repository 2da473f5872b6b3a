package mayfly.machine.kvm.memory;

/** Stands between system calls and the guest's memory: sees what passes, or keeps it away. */
public abstract class Lens {
    /** For subclasses. */
    protected Lens() {}

    /** A call reads. Here: from the memory. */
    protected void read(GuestBytes memory, long address, byte[] to, int from, int count) {
        memory.copyOut(address, to, from, count);
    }

    /** A call writes. Here: to the memory. */
    protected void write(GuestBytes memory, long address, byte[] source, int from, int count) {
        memory.copyIn(address, source, from, count);
    }

    /**
     * Where in the machine's memory bytes from elsewhere may be put on their way to {@link #write}; negative: they go
     * straight to where they belong.
     */
    public long staging() {
        return -1;
    }

    /** How many bytes have room at {@link #staging}, from 1. */
    public int room() {
        return Integer.MAX_VALUE;
    }
}
