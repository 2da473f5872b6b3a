package mayfly.machine.kvm.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** A timer of timerfd_create(2): reading tells how often it went off. Times are {@link System#nanoTime} times. */
public final class TimerFd extends OpenFile {
    private static final long NEVER = Long.MAX_VALUE;
    private static final int BYTES = 8;

    private final int clock;
    private long next = NEVER;
    private long interval;
    /** Times it went off and nobody read yet, but for the one that {@link #expired} is about. */
    private long counted;
    /** It went off, and does not do so again before somebody reads or asks: then what was missed is counted. */
    private boolean expired;

    /** @param clock the clock's number, kept for who sets it */
    public TimerFd(int flags, int clock) {
        super(flags | READ_WRITE);
        this.clock = clock;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        TimerFd copy = new TimerFd(flags(), clock);
        copy.next = next;
        copy.interval = interval;
        copy.counted = counted;
        copy.expired = expired;
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.TIMER);
        out.number(clock);
        out.time(next);
        out.number(interval);
        out.number(counted);
        out.flag(expired);
    }

    static TimerFd load(StateIn in, int flags) throws DamagedException {
        TimerFd timer = new TimerFd(flags, in.number());
        timer.next = in.time();
        timer.interval = in.size("a timer's interval");
        timer.counted = in.size("a timer's count");
        timer.expired = in.flag();
        return timer;
    }

    public int clock() {
        return clock;
    }

    /**
     * Sets it; what it counted is gone.
     *
     * @param first when it goes off; MAX_VALUE: never
     * @param nanos between one time and the next; 0: it goes off once
     */
    public void set(long first, long nanos) {
        next = first;
        interval = nanos;
        counted = 0;
        expired = false;
    }

    /** Nanoseconds until it goes off, at least 1; 0: it does not. */
    public long remaining(long now) {
        advance(now);
        count(now);
        return next == NEVER ? 0 : Math.max(1, next - now);
    }

    public long interval() {
        return interval;
    }

    private void advance(long now) {
        if (!expired && next != NEVER && now - next >= 0) {
            expired = true;
            changed(READABLE);
        }
    }

    private void count(long now) {
        if (expired) {
            long times = interval == 0 ? 1 : (now - next) / interval + 1;
            next = interval == 0 ? NEVER : next + times * interval;
            counted += times;
            expired = false;
        }
    }

    @Override
    public long read(Transfer to) {
        if (to.remaining() < BYTES) {
            return -Errno.EINVAL;
        }
        long now = System.nanoTime();
        advance(now);
        count(now);
        if (counted == 0) {
            return -Errno.EAGAIN;
        }
        byte[] times = ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(counted)
                .array();
        to.put(times, 0, BYTES);
        counted = 0;
        return BYTES;
    }

    @Override
    public int ready() {
        advance(System.nanoTime());
        return expired || counted > 0 ? READABLE : 0;
    }

    @Override
    public long readyAt() {
        advance(System.nanoTime());
        return expired ? NEVER : next;
    }

    @Override
    public long status(FileStatus status) {
        status.mode = 0600;
        return 0;
    }

    @Override
    public String name() {
        return "anon_inode:[timerfd]";
    }
}
