package mayfly.machine.kvm.files;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one machine's kernel objects take of the monitor's heap: its own files, what is in its pipes, its interest lists.
 * Bounded for each machine, and for all machines of a process together by half of the heap. Belongs to the machine's
 * thread.
 */
public final class KernelMemory implements AutoCloseable {
    private static final Share PROCESS = new Share(Runtime.getRuntime().maxMemory() / 2);
    private static final long MACHINE_MAX = Runtime.getRuntime().maxMemory() / 16;
    /** For what is not in files. */
    private static final long BESIDES_FILES = 16 << 20;
    /** What is taken out of the share at a time: machines that need little never meet there. */
    private static final long GRANT = 256 << 10;

    /** What machines have together. Safe for concurrent use. */
    static final class Share {
        private final AtomicLong left;

        Share(long bytes) {
            left = new AtomicLong(bytes);
        }

        private boolean take(long bytes) {
            long before = left.get();
            while (before >= bytes) {
                if (left.compareAndSet(before, before - bytes)) {
                    return true;
                }
                before = left.get();
            }
            return false;
        }

        private void give(long bytes) {
            left.addAndGet(bytes);
        }

        long left() {
            return left.get();
        }
    }

    private final Share share;
    private final long max;
    private long used;
    /** Of the share; never less than what is in use. */
    private long granted;
    /** Of what is in use: old states of files that mappings keep. */
    private long held;

    KernelMemory(Share share, long max) {
        this.share = share;
        this.max = max;
    }

    /**
     * A machine's part of this process's heap, nothing in use.
     *
     * @param fileBytes what its files may take of it
     */
    static KernelMemory ofThisProcess(long fileBytes) {
        return new KernelMemory(PROCESS, Math.min(fileBytes + BESIDES_FILES, MACHINE_MAX));
    }

    /** Another machine's, nothing in use. */
    KernelMemory another() {
        return new KernelMemory(share, max);
    }

    /** Whether so many more bytes may be charged; if so, {@link #charge} is to follow. */
    boolean reserve(long bytes) {
        long wanted = used + bytes;
        if (wanted <= granted) {
            return true;
        }
        if (wanted > max) {
            return false;
        }
        long more = Math.ceilDiv(wanted - granted, GRANT) * GRANT;
        if (!share.take(more)) {
            return false;
        }
        granted += more;
        return true;
    }

    /** Counts what was reserved, or, negative, what is free again. */
    void charge(long bytes) {
        used += bytes;
        if (used < 0) {
            throw new AssertionError("more was given back than was taken");
        }
        if (used > granted) { // a little that nobody asked for: part of a piece that is cut off
            long more = Math.ceilDiv(used - granted, GRANT) * GRANT;
            share.give(-more);
            granted += more;
        }
        long spare = (granted - used) / GRANT * GRANT;
        if (spare > GRANT) {
            share.give(spare);
            granted -= spare;
        }
    }

    /** Replaces what mappings keep; whether that much is allowed. */
    public boolean hold(long bytes) {
        long more = bytes - held;
        if (more > 0 && !reserve(more)) {
            return false;
        }
        held = bytes;
        charge(more);
        return true;
    }

    /** Bytes in use. */
    public long used() {
        return used;
    }

    /** The machine and all that it had are gone. */
    @Override
    public void close() {
        share.give(granted);
        granted = 0;
        used = 0;
        held = 0;
    }
}
