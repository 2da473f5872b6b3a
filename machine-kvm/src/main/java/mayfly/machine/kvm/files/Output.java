package mayfly.machine.kvm.files;

import java.util.function.Consumer;

/** A stream that goes out of the machine: standard output and error. */
public final class Output extends OpenFile {
    private static final int PIECE = 64 << 10;

    private final Consumer<byte[]> sink;

    /** @param sink takes each piece as it is written, on the machine's thread */
    public Output(Consumer<byte[]> sink) {
        super(WRITE_ONLY);
        this.sink = sink;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new Output(sink);
    }

    @Override
    public long write(Transfer from) {
        int total = from.remaining();
        while (from.remaining() > 0) {
            byte[] piece = new byte[Math.min(PIECE, from.remaining())];
            from.take(piece, 0, piece.length);
            sink.accept(piece);
        }
        return total;
    }

    @Override
    public long status(FileStatus status) {
        status.mode = FileStatus.FIFO | 0600;
        return 0;
    }

    @Override
    public int ready() {
        return WRITABLE;
    }

    @Override
    public String name() {
        return "pipe:[1]";
    }
}
