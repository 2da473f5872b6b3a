package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * An open file description (open(2)): what one or more descriptors of a program stand for. Results are as the system
 * calls give them: a count or 0, or a negative errno; -EAGAIN says that nothing can be moved now, whether the program
 * then waits is for the caller to decide. A kind of file overrides what it can do; the rest is refused as Linux would.
 */
public abstract class OpenFile {
    // poll.h
    public static final int READABLE = 1;
    public static final int WRITABLE = 4;
    public static final int ERROR = 8;
    public static final int HUNG_UP = 16;
    /** The other side will write no more. */
    public static final int READ_HUNG_UP = 0x2000;

    // fcntl.h
    public static final int ACCESS_MODE = 3;
    public static final int READ_ONLY = 0;
    public static final int WRITE_ONLY = 1;
    public static final int READ_WRITE = 2;
    public static final int APPEND = 02000;
    public static final int NON_BLOCKING = 04000;

    /** O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC and O_CLOEXEC say how to open, not how it is open. */
    private static final int OPENING_FLAGS = 0100 | 0200 | 0400 | 01000 | 02000000;

    private int flags;
    private int references = 1;

    // how often it became readable, writable, or ended: what edge-triggered epoll goes by
    private int arrivals;
    private int departures;
    private int endings;

    protected OpenFile(int flags) {
        this.flags = flags & ~OPENING_FLAGS;
    }

    /** Access mode and status flags, as F_GETFL gives them. */
    public final int flags() {
        return flags;
    }

    public final void setFlags(int newFlags) {
        flags = newFlags;
    }

    public final boolean nonBlocking() {
        return (flags & NON_BLOCKING) != 0;
    }

    public final boolean readable() {
        return (flags & ACCESS_MODE) != WRITE_ONLY;
    }

    public final boolean writable() {
        return (flags & ACCESS_MODE) != READ_ONLY;
    }

    /** One more descriptor stands for it. */
    public final OpenFile retain() {
        references++;
        return this;
    }

    /** One descriptor less; the last one closes it. */
    public final void release() {
        if (--references == 0) {
            close();
        }
    }

    /** Whether any descriptor stands for it. */
    public final boolean isOpen() {
        return references > 0;
    }

    /** The last descriptor is gone. */
    protected void close() {}

    /** A file of the same kind and state for a forked machine; asked once for each file, whatever stands for it. */
    public final OpenFile copy(Copies copies) {
        OpenFile copy = duplicate(copies);
        copy.flags = flags;
        copy.references = references;
        copy.arrivals = arrivals;
        copy.departures = departures;
        copy.endings = endings;
        return copy;
    }

    /** As {@link #copy}, without flags and references. */
    protected abstract OpenFile duplicate(Copies copies);

    // ---- in a saved snapshot ----

    /** Takes down what {@link #duplicate} copies, its kind in front; what a kind's static load reads. */
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        if (!(this instanceof SavedSocket socket)) {
            throw new UnsavableException(name() + ", a " + getClass().getSimpleName() + " of the program's creator");
        }
        saveKind(out, SavedOpenFiles.Kind.NETWORK_SOCKET);
        socket.save(out);
    }

    final void saveAll(StateOut out, SavedOpenFiles files) throws UnsavableException {
        save(out, files);
        out.number(arrivals);
        out.number(departures);
        out.number(endings);
    }

    final void loadState(StateIn in, int savedFlags) throws DamagedException {
        flags = savedFlags;
        arrivals = in.number();
        departures = in.number();
        endings = in.number();
    }

    /** Takes down what it names of other open files. */
    void saveLinks(StateOut out, SavedOpenFiles files) throws UnsavableException {}

    void loadLinks(StateIn in, SavedOpenFiles files) throws DamagedException {}

    /** Begins what {@link #save} takes down. */
    final void saveKind(StateOut out, SavedOpenFiles.Kind kind) throws UnsavableException {
        out.number(kind.code);
        out.number(flags);
    }

    final int references() {
        return references;
    }

    public long read(Transfer to) {
        return -Errno.EINVAL;
    }

    public long write(Transfer from) {
        return -Errno.EINVAL;
    }

    public long readAt(Transfer to, long position) {
        return -Errno.ESPIPE;
    }

    public long writeAt(Transfer from, long position) {
        return -Errno.ESPIPE;
    }

    /** lseek(2); whence 0 start, 1 here, 2 end, 3 data, 4 hole. */
    public long seek(long offset, int whence) {
        return -Errno.ESPIPE;
    }

    /** fstat(2). */
    public abstract long status(FileStatus status);

    /** getdents64(2). */
    public long list(Transfer to) {
        return -Errno.ENOTDIR;
    }

    public long truncate(long size) {
        return -Errno.EINVAL;
    }

    /** What could be done without waiting: bits {@link #READABLE}, {@link #WRITABLE}, {@link #ERROR}, {@link #HUNG_UP}. */
    public int ready() {
        return READABLE | WRITABLE;
    }

    /** When {@link #ready} may say more without anybody doing anything, in {@link System#nanoTime} time; MAX_VALUE: never. */
    public long readyAt() {
        return Long.MAX_VALUE;
    }

    /** Something happened that may be news to a waiter, though {@link #ready} may say the same as before. */
    protected final void changed(int bits) {
        arrivals += (bits & READABLE) != 0 ? 1 : 0;
        departures += (bits & WRITABLE) != 0 ? 1 : 0;
        endings += (bits & (ERROR | HUNG_UP | READ_HUNG_UP)) != 0 ? 1 : 0;
    }

    /** A number that is another one after each {@link #changed} with one of these bits. */
    public int changes(int bits) {
        return ((bits & READABLE) != 0 ? arrivals : 0)
                + ((bits & WRITABLE) != 0 ? departures : 0)
                + ((bits & (ERROR | HUNG_UP | READ_HUNG_UP)) != 0 ? endings : 0);
    }

    /** What a mapping of it shows; null when it cannot be mapped. */
    public @Nullable Backing backing() {
        return null;
    }

    /** FIONREAD of ioctl(2): how many bytes can be read now. */
    public long available() {
        return -Errno.ENOTTY;
    }

    /** The file that a path led to; null for pipes and the like. */
    public @Nullable Node node() {
        return null;
    }

    /** fallocate(2) with only FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE and FALLOC_FL_ZERO_RANGE in the mode. */
    public long allocate(int mode, long offset, long count) {
        return -Errno.ENODEV;
    }

    /** What /proc/self/fd says it is. */
    public abstract String name();

    /** fsync(2). */
    public long sync() {
        return 0; // nothing else outlives the machine
    }

    /** flock(2); -EAGAIN where it would wait. */
    public long lockWhole(int operation) {
        return 0; // nobody else has it
    }

    /**
     * fcntl(2) F_SETLK; -EAGAIN where it would wait.
     *
     * @param kind l_type of struct flock
     * @param length 0: to the end
     */
    public long lock(int kind, long start, long length) {
        return 0; // nobody else has it
    }

    /** fcntl(2) F_GETLK: l_type of a lock in the way, 2 when there is none; or a negative errno. */
    public int lockInTheWay(int kind, long start, long length) {
        return 2;
    }
}
