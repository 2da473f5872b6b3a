package mayfly.machine.kvm.files;

import mayfly.linux.Errno;

/** A file with a position. Its kind says how bytes at positions are moved. */
abstract class SeekableFile extends OpenFile {
    private static final int SET = 0;
    private static final int CURRENT = 1;
    private static final int END = 2;
    private static final int DATA = 3;
    private static final int HOLE = 4;

    long position;

    SeekableFile(int flags) {
        super(flags);
    }

    abstract long size();

    long nextData(long from) {
        return from;
    }

    long nextHole(long from) {
        return size();
    }

    @Override
    public long available() {
        return Math.clamp(size() - position, 0, Integer.MAX_VALUE);
    }

    @Override
    public long read(Transfer to) {
        long got = readAt(to, position);
        position += Math.max(0, got);
        return got;
    }

    @Override
    public long write(Transfer from) {
        if ((flags() & APPEND) != 0) {
            position = size();
        }
        long put = writeAt(from, position);
        position += Math.max(0, put);
        return put;
    }

    @Override
    public long writeAt(Transfer from, long at) {
        return -Errno.EBADF;
    }

    @Override
    public long seek(long offset, int whence) {
        long base = switch (whence) {
            case SET, DATA, HOLE -> 0;
            case CURRENT -> position;
            case END -> size();
            default -> -1;
        };
        if (base < 0) {
            return -Errno.EINVAL;
        }
        if (whence == DATA || whence == HOLE) {
            if (offset < 0 || offset >= size()) {
                return -Errno.ENXIO;
            }
            long found = whence == DATA ? nextData(offset) : nextHole(offset);
            if (whence == DATA && found >= size()) {
                return -Errno.ENXIO;
            }
            position = found;
            return position;
        }
        long sum = base + offset;
        if (sum < 0) {
            return -Errno.EINVAL;
        }
        position = sum;
        return position;
    }
}
