package mayfly.machine.kvm.files;

import java.util.Arrays;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** A process's descriptors: small numbers that are the machine's own and never the host's. */
public final class Descriptors {
    /** As RLIMIT_NOFILE says. */
    public static final int MAX = 4096;

    /** The program's own limit: numbers are below it. */
    private int limit = MAX;

    private @Nullable OpenFile[] files = new OpenFile[32];
    private boolean[] closeOnExec = new boolean[32];

    /** None in use. */
    public Descriptors() {}

    /** RLIMIT_NOFILE: new numbers are below this; what is open stays. At most {@link #MAX}. */
    public void limit(int most) {
        limit = Math.min(most, MAX);
    }

    public int limit() {
        return limit;
    }

    /** The lowest free number from {@code from} on now stands for the file; -EMFILE when there is none. */
    public long add(OpenFile file, int from, boolean onExec) {
        int fd = from;
        while (fd < files.length && files[fd] != null) {
            fd++;
        }
        if (fd >= limit) {
            return -Errno.EMFILE;
        }
        grow(fd);
        files[fd] = file;
        closeOnExec[fd] = onExec;
        return fd;
    }

    /** Lets a number stand for a file, in place of what it stood for. */
    public void set(int fd, OpenFile file, boolean onExec) {
        grow(fd);
        OpenFile before = files[fd];
        files[fd] = file;
        closeOnExec[fd] = onExec;
        if (before != null) {
            before.release();
        }
    }

    private void grow(int fd) {
        if (fd >= files.length) {
            int size = Math.min(MAX, Math.max(fd + 1, files.length * 2));
            files = Arrays.copyOf(files, size);
            closeOnExec = Arrays.copyOf(closeOnExec, size);
        }
    }

    /** The file, or null: EBADF. A descriptor is the low half of its register. */
    public @Nullable OpenFile get(long number) {
        int fd = (int) number;
        return fd >= 0 && fd < files.length ? files[fd] : null;
    }

    public boolean closeOnExec(int fd) {
        return closeOnExec[fd];
    }

    public void setCloseOnExec(int fd, boolean on) {
        closeOnExec[fd] = on;
    }

    public long close(long number) {
        OpenFile file = get(number);
        if (file == null) {
            return -Errno.EBADF;
        }
        files[(int) number] = null;
        file.release();
        return 0;
    }

    /** One more than the highest number in use. */
    public int end() {
        int end = files.length;
        while (end > 0 && files[end - 1] == null) {
            end--;
        }
        return end;
    }

    public Descriptors copy(Copies copies) {
        Descriptors copy = new Descriptors();
        copy.limit = limit;
        int end = end();
        copy.grow(end);
        System.arraycopy(closeOnExec, 0, copy.closeOnExec, 0, end);
        for (int fd = 0; fd < end; fd++) {
            OpenFile file = files[fd];
            copy.files[fd] = file == null ? null : copies.of(file);
        }
        return copy;
    }

    /** A forked process's: the same numbers stand for the same files. */
    public Descriptors another() {
        Descriptors another = new Descriptors();
        another.limit = limit;
        int end = end();
        another.grow(end);
        System.arraycopy(closeOnExec, 0, another.closeOnExec, 0, end);
        for (int fd = 0; fd < end; fd++) {
            OpenFile file = files[fd];
            another.files[fd] = file == null ? null : file.retain();
        }
        return another;
    }

    /** execve(2): closes those that are to be. */
    public void closeForExec() {
        for (int fd = 0; fd < files.length; fd++) {
            if (files[fd] != null && closeOnExec[fd]) {
                close(fd);
            }
        }
    }

    /** Closes all. */
    public void closeAll() {
        for (int fd = 0; fd < files.length; fd++) {
            close(fd);
        }
    }
}
