package mayfly.linux;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells when processes end that are not our children. One platform thread waits for all of them, since a wait in the
 * kernel would hold a virtual thread's carrier.
 */
public final class ExitWatch implements AutoCloseable {
    private static final long WAKE_KEY = 0;

    private record Watched(Pidfd process, Runnable onExit) {}

    private final Epoll epoll;
    private final EventFd wake;
    private final Thread thread;

    // guarded by this; no callback runs under it
    private final Map<Long, Watched> watched = new HashMap<>();
    private long lastKey = WAKE_KEY;
    private boolean closed;

    private ExitWatch(Epoll epoll, EventFd wake, String threadName) {
        this.epoll = epoll;
        this.wake = wake;
        this.thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this::run);
    }

    /** Starts the thread. */
    public static ExitWatch start(String threadName) throws ErrnoException {
        Epoll epoll = Epoll.open();
        EventFd wake;
        try {
            wake = EventFd.open();
            epoll.add(wake.descriptor(), WAKE_KEY);
        } catch (ErrnoException e) {
            epoll.close();
            throw e;
        }
        ExitWatch watch = new ExitWatch(epoll, wake, threadName);
        watch.thread.start();
        return watch;
    }

    /**
     * Runs the action once, on the watch's thread, when the process has ended; takes over the pidfd. The action must
     * not block and not throw. When the watch is closed first it never runs.
     *
     * @throws ErrnoException ENOMEM, or ENOSPC over the user's limit of watched descriptors
     */
    public synchronized void watch(Pidfd process, Runnable onExit) throws ErrnoException {
        if (closed) {
            process.close();
            return;
        }
        long key = ++lastKey;
        try {
            epoll.add(process.descriptor(), key);
        } catch (ErrnoException e) {
            process.close();
            throw e;
        }
        watched.put(key, new Watched(process, onExit));
    }

    private void run() {
        try {
            while (true) {
                for (long key : epoll.await()) {
                    if (key == WAKE_KEY) {
                        return;
                    }
                    Watched ended = forget(key);
                    if (ended != null) {
                        ended.onExit().run();
                    }
                }
            }
        } catch (ErrnoException e) {
            throw new AssertionError("the descriptors of an exit watch are its own", e);
        } finally {
            closeAll();
        }
    }

    private synchronized @Nullable Watched forget(long key) throws ErrnoException {
        Watched ended = watched.remove(key);
        if (ended != null) {
            epoll.remove(ended.process().descriptor());
            ended.process().close();
        }
        return closed ? null : ended;
    }

    private synchronized void closeAll() {
        closed = true;
        watched.values().forEach(each -> each.process().close());
        watched.clear();
        epoll.close();
        wake.close();
    }

    /** Stops watching; the processes go on. The watch's thread, which waits on the descriptors, also closes them. */
    @Override
    public synchronized void close() {
        closed = true;
        wake.wake();
    }
}
