package mayfly.machine.kvm.files;

import java.security.SecureRandom;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.SavedOpenFiles.Kind;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** An open {@link DeviceNode}. */
final class OpenDevice extends OpenFile {
    private static final int PIECE = 4096;
    private static final byte[] ZEROES = new byte[PIECE];
    /** Randomness is the host's: forked machines must not get the same. */
    private static final SecureRandom RANDOM = new SecureRandom();

    private final DeviceNode.Kind kind;
    private final DeviceNode node;
    private final String path;

    OpenDevice(DeviceNode.Kind kind, DeviceNode node, String path, int flags) {
        super(flags);
        this.kind = kind;
        this.node = node;
        this.path = path;
    }

    @Override
    protected OpenFile duplicate(Copies copies) {
        return new OpenDevice(kind, node, path, flags());
    }

    @Override
    void save(StateOut out, SavedOpenFiles files) throws UnsavableException {
        saveKind(out, Kind.DEVICE);
        files.nodes.node(out, node, files.tree);
    }

    static OpenDevice load(StateIn in, int flags, SavedOpenFiles files) throws DamagedException {
        if (files.nodes.node(in, files.tree) instanceof DeviceNode node) {
            return new OpenDevice(node.kind(), node, node.path(files.tree), flags);
        }
        throw new DamagedException("a device that is none");
    }

    @Override
    public long read(Transfer to) {
        if (kind == DeviceNode.Kind.NULL) {
            return 0;
        }
        int total = to.remaining();
        boolean random = kind == DeviceNode.Kind.RANDOM || kind == DeviceNode.Kind.URANDOM;
        byte[] piece = random ? new byte[Math.min(PIECE, total)] : ZEROES;
        while (to.remaining() > 0) {
            if (random) {
                RANDOM.nextBytes(piece);
            }
            to.put(piece, 0, Math.min(to.remaining(), piece.length));
        }
        return total;
    }

    @Override
    public long write(Transfer from) {
        return kind == DeviceNode.Kind.FULL ? -Errno.ENOSPC : from.remaining();
    }

    @Override
    public long readAt(Transfer to, long position) {
        return read(to);
    }

    @Override
    public long writeAt(Transfer from, long position) {
        return write(from);
    }

    @Override
    public long seek(long offset, int whence) {
        return 0;
    }

    @Override
    public long status(FileStatus status) {
        return node.status(status);
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public String name() {
        return path;
    }
}
