package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** One end of a pipe(2): bytes go in at one and come out at the other, both in the same program. */
public final class PipeEnd extends OpenFile {
    /** Up to this size a write is done at once or not at all: PIPE_BUF. */
    public static final int ATOMIC_BYTES = 4096;

    private final PipeBuffer buffer;
    private final long number;

    private PipeEnd(PipeBuffer buffer, int flags, long number) {
        super(flags);
        this.buffer = buffer;
        this.number = number;
        if (writable()) {
            buffer.writer = this;
        } else {
            buffer.reader = this;
        }
    }

    /** The ends of a new pipe. */
    public record Pair(PipeEnd reader, PipeEnd writer) {}

    /**
     * A new pipe.
     *
     * @param flags status flags of both ends
     * @param number its inode
     * @return null when the machine has no memory left for it
     */
    public static @Nullable Pair open(int flags, long number, KernelMemory memory) {
        PipeBuffer buffer = PipeBuffer.make(memory);
        return buffer == null
                ? null
                : new Pair(
                        new PipeEnd(buffer, flags | READ_ONLY, number),
                        new PipeEnd(buffer, flags | WRITE_ONLY, number));
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new PipeEnd(copies.of(buffer, original -> original.copy(copies.kernelMemory())), flags(), number);
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.PIPE);
        out.number(files.buffer(buffer));
        out.number(number);
    }

    static PipeEnd load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        return new PipeEnd(files.buffer(in), flags, in.longNumber());
    }

    @Override
    protected void close() {
        OpenFile other;
        if (writable()) {
            buffer.writer = null;
            other = buffer.reader;
        } else {
            buffer.reader = null;
            other = buffer.writer;
        }
        if (other != null) {
            other.changed(READABLE | WRITABLE | HUNG_UP);
        } else {
            buffer.close();
        }
    }

    @Override
    public long read(Transfer to) {
        int length = Math.min(to.remaining(), buffer.count());
        if (length == 0) {
            return to.remaining() == 0 || buffer.writer == null ? 0 : -Errno.EAGAIN;
        }
        boolean wasFull = !hasRoom();
        buffer.drain(to, length);
        OpenFile writer = buffer.writer;
        if (writer != null && wasFull && hasRoom()) {
            writer.changed(WRITABLE);
        }
        return length;
    }

    @Override
    public long write(Transfer from) {
        int wanted = from.remaining();
        OpenFile reader = buffer.reader;
        if (reader == null) {
            return wanted == 0 ? 0 : -Errno.EPIPE;
        }
        int length = Math.min(wanted, buffer.free());
        if (wanted > 0 && (length == 0 || (wanted <= ATOMIC_BYTES && length < wanted))) {
            return -Errno.EAGAIN;
        }
        if (!buffer.hasMemoryFor(length)) {
            return -Errno.ENOMEM;
        }
        buffer.fill(from, length);
        if (length > 0) {
            reader.changed(READABLE);
        }
        return length;
    }

    private boolean hasRoom() {
        return buffer.free() >= ATOMIC_BYTES;
    }

    @Override
    public int ready() {
        if (writable()) {
            return (hasRoom() ? WRITABLE : 0) | (buffer.reader == null ? ERROR : 0);
        }
        return (buffer.count() > 0 ? READABLE : 0) | (buffer.writer == null ? HUNG_UP : 0);
    }

    @Override
    public long available() {
        return buffer.count();
    }

    @Override
    public long status(FileStatus status) {
        status.mode = FileStatus.FIFO | 0600;
        status.inode = number;
        return 0;
    }

    @Override
    public String name() {
        return "pipe:[" + number + "]";
    }
}
