package mayfly.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * Tells when processes end that are not our children. One platform thread waits for all of them, since a wait in the
 * kernel would hold a virtual thread's carrier.
 */
public final class ExitWatch implements AutoCloseable {
    private record Watched(Pidfd process, Runnable onExit) {}

    private final EventFd wake;
    private final Thread thread;

    // guarded by this
    private final List<Watched> watched = new ArrayList<>();
    private boolean closed;

    private ExitWatch(EventFd wake, String threadName) {
        this.wake = wake;
        this.thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this::run);
    }

    /** Starts the thread. */
    public static ExitWatch start(String threadName) throws ErrnoException {
        ExitWatch watch = new ExitWatch(EventFd.open(), threadName);
        watch.thread.start();
        return watch;
    }

    /**
     * Runs the action once, on the watch's thread, when the process has ended; takes over the pidfd. When the watch is
     * closed first the action never runs.
     */
    public synchronized void watch(Pidfd process, Runnable onExit) {
        if (closed) {
            process.close();
            return;
        }
        watched.add(new Watched(process, onExit));
        wake.wake();
    }

    private void run() {
        try {
            while (!isClosed()) {
                List<Watched> now = snapshot();
                for (Watched ended : awaitAny(now)) {
                    if (forget(ended)) {
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

    private List<Watched> awaitAny(List<Watched> now) throws ErrnoException {
        int[] fds = new int[now.size() + 1];
        fds[0] = wake.descriptor().enter("poll");
        int entered = 0;
        try {
            for (; entered < now.size(); entered++) {
                fds[entered + 1] = now.get(entered).process().descriptor().enter("poll");
            }
            boolean[] ready = Poll.readable(fds, -1);
            if (ready[0]) {
                wake.clear();
            }
            List<Watched> ended = new ArrayList<>();
            for (int i = 0; i < now.size(); i++) {
                if (ready[i + 1]) {
                    ended.add(now.get(i));
                }
            }
            return ended;
        } finally {
            for (int i = 0; i < entered; i++) {
                now.get(i).process().descriptor().leave();
            }
            wake.descriptor().leave();
        }
    }

    private synchronized List<Watched> snapshot() {
        return List.copyOf(watched);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized boolean forget(Watched ended) {
        ended.process().close();
        return watched.remove(ended) && !closed;
    }

    private synchronized void closeAll() {
        closed = true;
        watched.forEach(each -> each.process().close());
        watched.clear();
        wake.close();
    }

    /** Stops watching; the processes go on. The watch's thread, which polls the descriptors, also closes them. */
    @Override
    public synchronized void close() {
        closed = true;
        wake.wake();
    }
}
