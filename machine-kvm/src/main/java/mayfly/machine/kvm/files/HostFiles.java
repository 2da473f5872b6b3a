package mayfly.machine.kvm.files;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import mayfly.linux.Errno;
import mayfly.linux.HostDirectory;
import mayfly.linux.HostFile;
import mayfly.linux.HostStatus;
import mayfly.linux.Memory;
import org.jspecify.annotations.Nullable;

/**
 * The files of the host that are open for the machines of one view: few, shared by all, whatever the programs open. The
 * least recently used is closed for another, and opened again by its path when it is needed; a file that was replaced by
 * then reads as an error. For any thread.
 */
final class HostFiles implements AutoCloseable {
    private static final int OPEN_MAX = 128;
    private static final int ATTEMPTS = 3;
    private static final int READ_MAX = 16_384;

    // guarded by this; the host is called under it only to open
    private final Map<HostContent, HostFile> open = new LinkedHashMap<>(OPEN_MAX, 0.75f, true);
    private boolean closed;

    /** What programs read of the host so far; null when nobody wants to know, or it is too much to tell. */
    private @Nullable Set<HostContent> read;

    private boolean recording;

    /** From now on {@link #read} knows. */
    synchronized void record() {
        read = new LinkedHashSet<>();
        recording = true;
    }

    /** {@link #read} stays what it is. */
    synchronized void stopRecording() {
        recording = false;
    }

    /** Files that were opened and directories that were listed, as they were then. */
    synchronized @Nullable Set<HostContent> read() {
        return read == null ? null : new LinkedHashSet<>(read);
    }

    synchronized void remember(Collection<HostContent> contents) {
        read = new LinkedHashSet<>(contents);
    }

    synchronized void reads(HostContent content) {
        if (recording && read != null) {
            read.add(content);
            if (read.size() > READ_MAX) {
                read = null;
            }
        }
    }

    /** Opens a file, or says with a negative errno why not. */
    synchronized long open(HostContent content) {
        reads(content);
        if (open.containsKey(content)) {
            return 0;
        }
        return reopen(content) != null ? 0 : -Errno.EACCES;
    }

    private synchronized @Nullable HostFile get(HostContent content) {
        HostFile file = open.get(content);
        return file != null ? file : reopen(content);
    }

    private @Nullable HostFile reopen(HostContent content) {
        if (closed) {
            return null;
        }
        HostDirectory.Opened opened = content.mount().directory().open(content.path());
        HostFile file = opened.file();
        if (file == null) {
            return null;
        }
        if (!file.openStatus().isSame(content.status())) {
            file.close();
            return null;
        }
        if (open.size() >= OPEN_MAX) {
            var eldest = open.entrySet().iterator();
            eldest.next().getValue().close();
            eldest.remove();
        }
        open.put(content, file);
        return file;
    }

    long read(HostContent content, Memory memory, long at, int count, long offset) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            HostFile file = get(content);
            if (file == null) {
                return -Errno.EIO;
            }
            long got = file.read(memory, at, count, offset);
            if (got != -Errno.EBADF) { // else another thread closed it for its own
                return got;
            }
        }
        return -Errno.EIO;
    }

    long read(HostContent content, byte[] to, int count, long offset) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            HostFile file = get(content);
            if (file == null) {
                return -Errno.EIO;
            }
            long got = file.read(to, count, offset);
            if (got != -Errno.EBADF) {
                return got;
            }
        }
        return -Errno.EIO;
    }

    /** The file as it is now. */
    HostStatus status(HostContent content) {
        HostFile file = get(content);
        return file == null ? content.status() : file.status();
    }

    @Override
    public synchronized void close() {
        closed = true;
        open.values().forEach(HostFile::close);
        open.clear();
    }
}
