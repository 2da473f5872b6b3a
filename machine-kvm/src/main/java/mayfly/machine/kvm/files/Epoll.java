package mayfly.machine.kvm.files;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/**
 * An interest list of epoll(7). Entries are known by descriptor and file; an entry whose file has no descriptor left is
 * gone. Nothing is queued: readiness is looked up when it is asked for.
 */
public final class Epoll extends OpenFile {
    // sys/epoll.h
    public static final int EDGE = 1 << 31;
    public static final int ONE_SHOT = 1 << 30;
    private static final int WAKE_UP = 1 << 29;
    private static final int EXCLUSIVE = 1 << 28;
    private static final int READ_NORMAL = 0x40;
    private static final int WRITE_NORMAL = 0x100;

    // Asking a list whether it is ready asks all that is in it, so lists in lists could make one call take hours.
    private static final int INTERESTS_MAX = 8192;
    /** What an entry takes. */
    private static final int INTEREST_BYTES = 160;
    /** Lists in a list; those in it have none. */
    private static final int INNER_MAX = 16;

    private record Key(int fd, OpenFile file) {}

    private static final class Interest {
        int events;
        long data;
        /** It was reported and is off until it is set again. */
        boolean spent;
        /** What {@link OpenFile#changes} was when it was reported; only if edge-triggered. */
        int seen;

        boolean fresh = true;

        void set(int newEvents, long newData) {
            events = newEvents;
            data = newData;
            spent = false;
            fresh = true;
        }
    }

    /** What epoll_wait(2) tells. */
    public record Event(int events, long data) {}

    private final Map<Key, Interest> interests = new LinkedHashMap<>();
    /** Whether it ever was in another list. */
    private boolean isInner;
    /** Lists that ever were in it. */
    private int inners;

    private final KernelMemory memory;
    /** Size at which it is worth looking for entries whose files are closed. */
    private int sweepAt = SWEEP_LEAST;

    private static final int SWEEP_LEAST = 64;

    /** An empty list; what it grows to counts as the machine's memory. */
    public Epoll(KernelMemory memory) {
        super(READ_WRITE);
        this.memory = memory;
    }

    @Override
    protected void close() {
        memory.charge(-(long) interests.size() * INTEREST_BYTES);
        interests.clear();
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        Epoll copy = new Epoll(copies.kernelMemory());
        copy.isInner = isInner;
        copy.inners = inners;
        interests.forEach((key, interest) -> {
            if (key.file().isOpen()) {
                Interest same = new Interest();
                same.events = interest.events;
                same.data = interest.data;
                same.spent = interest.spent;
                same.seen = interest.seen;
                same.fresh = interest.fresh;
                copy.interests.put(new Key(key.fd(), copies.of(key.file())), same);
            }
        });
        copy.memory.charge((long) copy.interests.size() * INTEREST_BYTES);
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.EPOLL);
        out.flag(isInner);
        out.number(inners);
    }

    static Epoll load(StateIn in, KernelMemory memory) throws DamagedException {
        Epoll epoll = new Epoll(memory);
        epoll.isInner = in.flag();
        epoll.inners = in.number(0, INNER_MAX, "lists in a list");
        return epoll;
    }

    @Override
    void saveLinks(StateOut out, SavedOpenFiles files) throws UnsavableException {
        StateOut links = out.another();
        int count = 0;
        for (Map.Entry<Key, Interest> each : interests.entrySet()) {
            Key key = each.getKey();
            if (key.file().isOpen()) {
                Interest interest = each.getValue();
                links.number(key.fd());
                links.number(files.number(key.file()));
                links.number(interest.events);
                links.number(interest.data);
                links.flag(interest.spent);
                links.number(interest.seen);
                links.flag(interest.fresh);
                count++;
            }
        }
        out.number(count);
        out.append(links);
    }

    @Override
    void loadLinks(StateIn in, SavedOpenFiles files) throws DamagedException {
        int count = in.count(INTERESTS_MAX, "interests");
        int inner = 0;
        for (int i = 0; i < count; i++) {
            Key key = new Key(in.number(0, Descriptors.MAX - 1, "a descriptor"), files.file(in));
            if (key.file() instanceof Epoll other) { // asking lists in lists for more would not end
                in.require(!isInner && other.isInner && ++inner <= inners, "a list in a list in a list");
            }
            Interest interest = new Interest();
            interest.set(in.number(), in.longNumber());
            interest.spent = in.flag();
            interest.seen = in.number();
            interest.fresh = in.flag();
            in.require(interests.put(key, interest) == null, "an interest that is there twice");
            memory.charge(INTEREST_BYTES);
        }
    }

    /** EPOLL_CTL_ADD. */
    public long add(int fd, OpenFile file, int events, long data) {
        if (file instanceof Epoll inner) {
            if ((events & (EDGE | EXCLUSIVE)) != 0) {
                return -Errno.EINVAL;
            }
            if (isInner || inner.inners > 0 || inners == INNER_MAX) {
                return -Errno.ELOOP;
            }
        }
        if (interests.size() >= sweepAt) {
            interests.keySet().removeIf(this::isGone);
            sweepAt = Math.min(INTERESTS_MAX, Math.max(SWEEP_LEAST, 2 * interests.size()));
        }
        Key key = new Key(fd, file);
        if (interests.containsKey(key)) {
            return -Errno.EEXIST;
        }
        if (interests.size() >= INTERESTS_MAX) {
            return -Errno.ENOSPC;
        }
        if (!memory.reserve(INTEREST_BYTES)) {
            return -Errno.ENOMEM;
        }
        memory.charge(INTEREST_BYTES);
        Interest interest = new Interest();
        interest.set(events, data);
        interests.put(key, interest);
        if (file instanceof Epoll inner) {
            inner.isInner = true;
            inners++;
        }
        return 0;
    }

    /** EPOLL_CTL_MOD. */
    public long modify(int fd, OpenFile file, int events, long data) {
        Interest interest = interests.get(new Key(fd, file));
        if (interest == null) {
            return -Errno.ENOENT;
        }
        if (((interest.events | events) & EXCLUSIVE) != 0) {
            return -Errno.EINVAL;
        }
        interest.set(events, data);
        return 0;
    }

    /** EPOLL_CTL_DEL. */
    public long remove(int fd, OpenFile file) {
        if (interests.remove(new Key(fd, file)) == null) {
            return -Errno.ENOENT;
        }
        memory.charge(-INTEREST_BYTES);
        return 0;
    }

    /** Whether an entry is to be dropped: its memory is free again. */
    private boolean isGone(Key key) {
        if (key.file().isOpen()) {
            return false;
        }
        memory.charge(-INTEREST_BYTES);
        return true;
    }

    /** What poll(2) calls the bits of {@link OpenFile#ready}. */
    public static int pollBits(int ready) {
        return ready | ((ready & READABLE) != 0 ? READ_NORMAL : 0) | ((ready & WRITABLE) != 0 ? WRITE_NORMAL : 0);
    }

    private static int news(Key key, Interest interest) {
        if (interest.spent) {
            return 0;
        }
        int ready = pollBits(key.file().ready()) & (interest.events | ERROR | HUNG_UP);
        boolean old = (interest.events & EDGE) != 0 && !interest.fresh && interest.seen == changes(key, interest);
        return old ? 0 : ready;
    }

    private static int changes(Key key, Interest interest) {
        int wanted = interest.events & (READABLE | WRITABLE | READ_HUNG_UP);
        wanted |= (interest.events & READ_NORMAL) != 0 ? READABLE : 0;
        wanted |= (interest.events & WRITE_NORMAL) != 0 ? WRITABLE : 0;
        return key.file().changes(wanted | ERROR | HUNG_UP);
    }

    /** Up to {@code max} events, reported once if edge-triggered or one-shot. */
    public List<Event> collect(int max) {
        List<Event> events = new ArrayList<>();
        List<Key> reported = new ArrayList<>();
        for (Iterator<Map.Entry<Key, Interest>> all = interests.entrySet().iterator();
                all.hasNext() && events.size() < max; ) {
            Map.Entry<Key, Interest> entry = all.next();
            Key key = entry.getKey();
            if (isGone(key)) {
                all.remove();
                continue;
            }
            Interest interest = entry.getValue();
            int bits = news(key, interest);
            if (bits != 0) {
                events.add(new Event(bits, interest.data));
                interest.fresh = false;
                interest.seen = changes(key, interest);
                interest.spent = (interest.events & ONE_SHOT) != 0;
                reported.add(key);
            }
        }
        if (events.size() == max) {
            reported.forEach(this::toTheEnd); // so that the others come first the next time
        }
        return events;
    }

    private void toTheEnd(Key key) {
        @Nullable Interest interest = interests.remove(key);
        if (interest != null) {
            interests.put(key, interest);
        }
    }

    @Override
    public int ready() {
        for (Map.Entry<Key, Interest> entry : interests.entrySet()) {
            if (entry.getKey().file().isOpen() && news(entry.getKey(), entry.getValue()) != 0) {
                return READABLE;
            }
        }
        return 0;
    }

    @Override
    public long readyAt() {
        long first = Long.MAX_VALUE;
        for (Key key : interests.keySet()) {
            first = Math.min(first, key.file().readyAt());
        }
        return first;
    }

    /** Whether these flags can be given: EPOLLEXCLUSIVE goes with few others. */
    public static boolean isValid(int events) {
        return (events & EXCLUSIVE) == 0
                || (events & ~(EXCLUSIVE | EDGE | WAKE_UP | READABLE | WRITABLE | ERROR | HUNG_UP | READ_HUNG_UP)) == 0;
    }

    @Override
    public long status(FileStatus status) {
        status.mode = 0600;
        return 0;
    }

    @Override
    public String name() {
        return "anon_inode:[eventpoll]";
    }
}
