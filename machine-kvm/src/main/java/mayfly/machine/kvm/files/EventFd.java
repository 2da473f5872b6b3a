package mayfly.machine.kvm.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A counter of eventfd(2): writing adds, reading takes all, or one if it is a semaphore. Unsigned, at most 2^64 - 2. */
public final class EventFd extends OpenFile {
    private static final int BYTES = 8;

    private final boolean semaphore;
    private long count;

    public EventFd(int flags, long count, boolean semaphore) {
        super(flags | READ_WRITE);
        this.count = count;
        this.semaphore = semaphore;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new EventFd(flags(), count, semaphore);
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.EVENT);
        out.number(count);
        out.flag(semaphore);
    }

    static EventFd load(StateIn in, int flags) throws DamagedException {
        return new EventFd(flags, in.longNumber(value -> value != -1, "a counter"), in.flag());
    }

    @Override
    public long read(Transfer to) {
        if (to.remaining() < BYTES) {
            return -Errno.EINVAL;
        }
        if (count == 0) {
            return -Errno.EAGAIN;
        }
        long taken = semaphore ? 1 : count;
        to.put(
                ByteBuffer.allocate(BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(taken)
                        .array(),
                0,
                BYTES);
        count -= taken;
        changed(WRITABLE);
        return BYTES;
    }

    @Override
    public long write(Transfer from) {
        if (from.remaining() < BYTES) {
            return -Errno.EINVAL;
        }
        byte[] bytes = new byte[BYTES];
        from.take(bytes, 0, BYTES);
        long added = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (added == -1) {
            return -Errno.EINVAL;
        }
        if (Long.compareUnsigned(added, -2 - count) > 0) {
            return -Errno.EAGAIN;
        }
        count += added;
        changed(READABLE);
        return BYTES;
    }

    @Override
    public int ready() {
        return (count != 0 ? READABLE : 0) | (Long.compareUnsigned(count, -2) < 0 ? WRITABLE : 0);
    }

    @Override
    public long status(FileStatus status) {
        status.mode = 0600;
        return 0;
    }

    @Override
    public String name() {
        return "anon_inode:[eventfd]";
    }
}
