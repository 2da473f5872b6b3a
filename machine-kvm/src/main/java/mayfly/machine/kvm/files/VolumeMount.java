package mayfly.machine.kvm.files;

import java.util.concurrent.atomic.AtomicInteger;
import mayfly.linux.HostVolume;

/**
 * A directory of the host that programs see at a path and change. Shared by all machines of a view.
 *
 * @param guestPath absolute, without a slash at its end
 * @param open files of it that are open, of all machines together
 */
record VolumeMount(HostVolume volume, String guestPath, AtomicInteger open) {
    static final int OPEN_MAX = 1_024;
    /** What one file may grow to; beside it the file system of the host is the limit. */
    static final long FILE_BYTES_MAX = 64L << 30;

    VolumeMount(HostVolume volume, String guestPath) {
        this(volume, guestPath, new AtomicInteger());
    }

    /** One more file is open; false: there are too many. */
    boolean enter() {
        if (open.incrementAndGet() > OPEN_MAX) {
            open.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        open.decrementAndGet();
    }
}
