package mayfly.machine.kvm.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import mayfly.linux.Errno;
import mayfly.linux.Memory;

/** A program's file on the host, read through a channel. */
public final class ImageFile implements Loader.Source, AutoCloseable {
    private final String path;
    private final FileChannel channel;
    private final long size;

    private ImageFile(String path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    /** @param path what the program knows it as */
    public static ImageFile open(Path file, String path) throws IOException {
        FileChannel channel = FileChannel.open(file);
        return new ImageFile(path, channel, channel.size());
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte[] head(int count) {
        byte[] bytes = new byte[count];
        try {
            int got = channel.read(ByteBuffer.wrap(bytes), 0);
            return java.util.Arrays.copyOf(bytes, Math.max(0, got));
        } catch (IOException unreadable) {
            return new byte[0];
        }
    }

    @Override
    public int read(Memory memory, long at, int count, long fileOffset) {
        byte[] bytes = new byte[count];
        try {
            int got = Math.max(0, channel.read(ByteBuffer.wrap(bytes), fileOffset));
            memory.write(at, bytes, 0, got);
            return got;
        } catch (IOException unreadable) {
            return -Errno.EIO;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
