package mayfly.machine.kvm.files;

import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;
import org.jspecify.annotations.Nullable;

/** One of the two connected stream sockets of socketpair(2); the other one is in the same program. */
public final class SocketEnd extends OpenFile implements SocketFile {
    private static final int ROOM_BYTES = PipeBuffer.CAPACITY / 4;

    private final PipeBuffer incoming;
    private final PipeBuffer outgoing;
    private final long number;
    private SocketOptions options = new SocketOptions();
    private SocketAddress local = SocketAddress.UNNAMED;
    private SocketAddress peer = SocketAddress.UNNAMED;

    private SocketEnd(PipeBuffer incoming, PipeBuffer outgoing, int flags, long number, boolean reads, boolean writes) {
        super(flags);
        this.incoming = incoming;
        this.outgoing = outgoing;
        this.number = number;
        if (reads) {
            incoming.reader = this;
        }
        if (writes) {
            outgoing.writer = this;
        }
    }

    /** Both ends. */
    public record Pair(SocketEnd first, SocketEnd second) {}

    /**
     * A new pair.
     *
     * @param flags status flags of both
     * @param number inode of the first; the second has the next one
     * @return null when the machine has no memory left for them
     */
    public static @Nullable Pair open(int flags, long number, KernelMemory memory) {
        PipeBuffer one = PipeBuffer.make(memory);
        if (one == null) {
            return null;
        }
        PipeBuffer other = PipeBuffer.make(memory);
        if (other == null) {
            one.close();
            return null;
        }
        return new Pair(
                new SocketEnd(one, other, flags | READ_WRITE, number, true, true),
                new SocketEnd(other, one, flags | READ_WRITE, number + 1, true, true));
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // it asks whether it shut its own side
    protected OpenFile duplicate(Copies copies) {
        SocketEnd copy = new SocketEnd(
                copies.of(incoming, original -> original.copy(copies.kernelMemory())),
                copies.of(outgoing, original -> original.copy(copies.kernelMemory())),
                flags(),
                number,
                incoming.reader == this,
                outgoing.writer == this);
        copy.options = options.copy();
        copy.name(local, peer);
        return copy;
    }

    /** Gives both sides' addresses to an end of a connection. */
    public void name(SocketAddress own, SocketAddress others) {
        local = own;
        peer = others;
    }

    @Override
    public SocketAddress local() {
        return local;
    }

    @Override
    public SocketAddress peer() {
        return peer;
    }

    @Override
    public SocketOptions options() {
        return options;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // as in duplicate
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.SOCKET);
        out.number(files.buffer(incoming));
        out.number(files.buffer(outgoing));
        out.number(number);
        out.flag(incoming.reader == this);
        out.flag(outgoing.writer == this);
        options.save(out);
        local.save(out);
        peer.save(out);
    }

    static SocketEnd load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        SocketEnd end = new SocketEnd(files.buffer(in), files.buffer(in), flags, in.longNumber(), in.flag(), in.flag());
        end.options = SocketOptions.load(in);
        end.name(SocketAddress.load(in), SocketAddress.load(in));
        return end;
    }

    @Override
    protected void close() {
        var _ = shutdown(true, true);
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        if (reading) {
            incoming.reader = null;
            tell(incoming.writer);
            closeIfDone(incoming);
        }
        if (writing) {
            outgoing.writer = null;
            tell(outgoing.reader);
            closeIfDone(outgoing);
        }
        return 0;
    }

    private static void closeIfDone(PipeBuffer buffer) {
        if (buffer.reader == null && buffer.writer == null) {
            buffer.close();
        }
    }

    private static void tell(@Nullable OpenFile other) {
        if (other != null) {
            other.changed(READABLE | WRITABLE | HUNG_UP | READ_HUNG_UP);
        }
    }

    @Override
    public long read(Transfer to) {
        int length = Math.min(to.remaining(), incoming.count());
        if (length == 0) {
            boolean ended = incoming.writer == null || incoming.reader == null;
            return to.remaining() == 0 || ended ? 0 : -Errno.EAGAIN;
        }
        incoming.drain(to, length);
        OpenFile writer = incoming.writer;
        if (writer != null) {
            writer.changed(WRITABLE);
        }
        return length;
    }

    @Override
    public long write(Transfer from) {
        OpenFile reader = outgoing.reader;
        if (reader == null || outgoing.writer == null) {
            return -Errno.EPIPE;
        }
        int length = Math.min(from.remaining(), outgoing.free());
        if (length == 0 && from.remaining() > 0) {
            return -Errno.EAGAIN;
        }
        if (!outgoing.hasMemoryFor(length)) {
            return -Errno.ENOMEM;
        }
        outgoing.fill(from, length);
        if (length > 0) {
            reader.changed(READABLE);
        }
        return length;
    }

    @Override
    public int ready() {
        boolean noMore = incoming.writer == null || incoming.reader == null;
        boolean noOut = outgoing.reader == null || outgoing.writer == null;
        return (noMore || incoming.count() > 0 ? READABLE : 0)
                | (noOut || outgoing.free() >= ROOM_BYTES ? WRITABLE : 0)
                | (noMore ? READ_HUNG_UP : 0)
                | (noMore && noOut ? HUNG_UP : 0);
    }

    @Override
    public long available() {
        return incoming.count();
    }

    @Override
    public long status(FileStatus status) {
        status.mode = FileStatus.SOCKET | 0777;
        status.inode = number;
        return 0;
    }

    @Override
    public String name() {
        return "socket:[" + number + "]";
    }
}
