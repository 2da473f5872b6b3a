package mayfly.machine.kvm.files;

import java.util.ArrayDeque;
import java.util.Deque;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/**
 * A stream between a program and whoever runs its machine. Reading when nothing was given waits: that is where a machine
 * can be frozen. What the program writes goes to the owner at once. Belongs to the machine's thread.
 */
public final class Channel extends OpenFile implements SocketFile {
    private static final int PIECE = 64 << 10;
    /** Half of the smallest buffer's bytes. */
    private static final int LEAST = 256;

    /** Takes what the program writes. */
    @FunctionalInterface
    public interface Receiver {
        /** @param count bytes of {@code bytes}, which are reused afterwards */
        void received(byte[] bytes, int count);
    }

    private final Deque<byte[]> given = new ArrayDeque<>();
    private int offset;
    private boolean ended;
    private Receiver receiver;
    private byte[] buffer = {};
    private SocketOptions options = new SocketOptions();

    /** Looks like a socket to the program. */
    public Channel(Receiver receiver) {
        this(receiver, READ_WRITE);
    }

    /** @param flags {@link #READ_WRITE} looks like a socket to the program, the others like an end of a pipe */
    public Channel(Receiver receiver, int flags) {
        super(flags);
        this.receiver = receiver;
    }

    /** The copy is empty and its owner must set its own receiver. */
    @Override
    protected OpenFile duplicate(Copies copies) {
        Channel copy = new Channel((_, _) -> {}, flags());
        for (byte[] piece : given) {
            copy.given.add(piece);
        }
        copy.offset = offset;
        copy.options = options.copy();
        copy.ended = ended;
        return copy;
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.CHANNEL);
        out.number(given.size());
        for (byte[] piece : given) {
            out.block(piece);
        }
        out.number(offset);
        out.flag(ended);
        options.save(out);
    }

    static Channel load(StateIn in, int flags) throws DamagedException {
        Channel channel = new Channel((_, _) -> {}, flags);
        int pieces = in.count(Integer.MAX_VALUE, "what a channel was given");
        for (int i = 0; i < pieces; i++) {
            byte[] piece = in.block(StateOut.BYTES_MAX, "what a channel was given");
            in.require(piece.length > 0, "a channel was given nothing");
            channel.given.add(piece);
        }
        byte[] first = channel.given.peek();
        channel.offset = in.number(0, first == null ? 0 : first.length - 1, "a place in what a channel was given");
        channel.ended = in.flag();
        channel.options = SocketOptions.load(in);
        return channel;
    }

    private boolean isSocket() {
        return readable() && writable();
    }

    public void setReceiver(Receiver newReceiver) {
        receiver = newReceiver;
    }

    /** Gives bytes to the program, which must not be changed any more. */
    public void give(byte[] bytes) {
        if (bytes.length > 0) {
            given.add(bytes);
            changed(READABLE);
        }
    }

    /** After what was given the program reads the end. */
    public void end() {
        ended = true;
        changed(READABLE | HUNG_UP);
    }

    @Override
    public long read(Transfer to) {
        byte[] first = given.peek();
        if (first == null) {
            return ended ? 0 : -Errno.EAGAIN;
        }
        long done = 0;
        while (first != null && to.remaining() > 0) {
            int count = Math.min(to.remaining(), first.length - offset);
            to.put(first, offset, count);
            offset += count;
            done += count;
            if (offset == first.length) {
                given.remove();
                offset = 0;
                first = given.peek();
            }
        }
        return done;
    }

    @Override
    public long write(Transfer from) {
        int total = from.remaining();
        while (from.remaining() > 0) {
            int count = Math.min(PIECE, from.remaining());
            if (buffer.length < count) {
                buffer = new byte[Integer.highestOneBit(count - 1 | LEAST) << 1];
            }
            from.take(buffer, 0, count);
            receiver.received(buffer, count);
        }
        return total;
    }

    @Override
    public int ready() {
        return (writable() ? WRITABLE : 0) | (given.isEmpty() && !ended ? 0 : READABLE);
    }

    @Override
    public SocketAddress local() {
        return SocketAddress.UNNAMED;
    }

    @Override
    public SocketAddress peer() {
        return SocketAddress.UNNAMED;
    }

    @Override
    public SocketOptions options() {
        return options;
    }

    @Override
    public long shutdown(boolean reading, boolean writing) {
        return 0;
    }

    @Override
    public long status(FileStatus status) {
        status.mode = (isSocket() ? FileStatus.SOCKET : FileStatus.FIFO) | 0600;
        return 0;
    }

    @Override
    public String name() {
        return isSocket() ? "socket:[3]" : "pipe:[" + (readable() ? 0 : 1) + "]";
    }
}
