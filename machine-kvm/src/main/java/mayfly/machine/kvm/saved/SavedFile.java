package mayfly.machine.kvm.saved;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import mayfly.linux.ErrnoException;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;

/**
 * A snapshot's file. In it the memory comes first, at the offsets that it has, so that machines map it as it is; pages of
 * zeroes are holes.
 *
 * <pre>
 * 0                  the memory, a multiple of 4096 bytes
 * memory             which pages of it are not zero, their CRC-32C, and the program's state
 * end - 4096         magic, version, sizes, SHA-256 of key, SHA-256 of all this and the state
 * </pre>
 *
 * <p>A file is written under another name and renamed when it is whole, and not forced to the disk: what a crash of the
 * host leaves of it does not pass its sums. The sums are no signature: who can write the file can write a program into it.
 *
 * @param file the open file; its memory is mapped from it
 * @param memory all of the memory, to be read
 * @param state of the program
 * @param keySum of the key that it was written for
 * @param reading under way: whether the memory is what was written
 */
public record SavedFile(Memfd file, Memory memory, byte[] state, byte[] keySum, FutureTask<Boolean> reading)
        implements AutoCloseable {
    /** Files of another version are not read. To be raised when any part of a state changes its form or meaning. */
    public static final int VERSION = 2;

    private static final long MAGIC = 0x31_4D_56_59_4C_46_59_4DL; // "MYFLYVM1"
    private static final int PAGE = 4096;
    private static final int TRAILER_BYTES = PAGE;
    private static final int SUM_BYTES = 32;
    private static final long MEMORY_BYTES_MAX = 64L << 30;
    private static final int PIECE = 1 << 20;

    // ---- writing ----

    /**
     * Writes one; on failure nothing is left.
     *
     * @param source the memory's file, to see where it has content
     * @param giveUp asked now and then: whether nobody wants the file any more, which is an IOException
     */
    public static void write(Path path, String key, Memfd source, Memory memory, byte[] program, BooleanSupplier giveUp)
            throws IOException, ErrnoException, UnsavableException {
        Path part = path.resolveSibling("." + path.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part");
        try {
            try (FileChannel out = FileChannel.open(
                    part,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                Pages pages = new Pages(out, source, memory, giveUp);
                pages.write();
                StateOut state = new StateOut(0);
                state.numbers(pages.runs());
                state.number(pages.sum());
                state.block(program);
                writeState(out, key, memory.size(), state.toBytes());
            }
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void writeState(FileChannel out, String key, long memoryBytes, byte[] state) throws IOException {
        ByteBuffer trailer = trailer(sum(key), memoryBytes, state);
        long at = memoryBytes;
        for (ByteBuffer each : new ByteBuffer[] {ByteBuffer.wrap(state), trailer}) {
            long from = at;
            while (each.hasRemaining()) {
                at += out.write(each, at);
            }
            at = from + pageUp(at - from);
        }
    }

    private static ByteBuffer trailer(byte[] keySum, long memoryBytes, byte[] state) {
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        trailer.putLong(MAGIC).putInt(VERSION).putInt(state.length).putLong(memoryBytes);
        trailer.put(keySum);
        byte[] head = Arrays.copyOf(trailer.array(), trailer.position());
        trailer.put(sum(head, state));
        return trailer.rewind();
    }

    private static byte[] sum(String key) {
        return sum(key.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sum(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private static long pageUp(long bytes) {
        return (bytes + PAGE - 1) & -PAGE;
    }

    /** The pages that are not zero, on their way out. */
    private static final class Pages {
        private final FileChannel out;
        private final Memfd source;
        private final Memory memory;
        private final BooleanSupplier giveUp;
        private final CRC32C sum = new CRC32C();
        /** First page and how many, alternating. */
        private int[] runs = new int[64];

        private int count;

        Pages(FileChannel out, Memfd source, Memory memory, BooleanSupplier giveUp) {
            this.out = out;
            this.source = source;
            this.memory = memory;
            this.giveUp = giveUp;
        }

        void write() throws IOException, ErrnoException {
            long end = memory.size();
            for (long at = source.nextData(0); at < end; at = source.nextData(at)) {
                long hole = Math.min(end, pageUp(source.nextHole(at)));
                for (at &= -PAGE; at < hole; at += PAGE) {
                    if (!isZero(at)) {
                        add((int) (at / PAGE));
                    }
                }
            }
            for (int run = 0; run < count; run += 2) {
                copy((long) runs[run] * PAGE, (long) runs[run + 1] * PAGE);
            }
        }

        private boolean isZero(long at) {
            ByteBuffer page = memory.range(at, PAGE);
            while (page.hasRemaining()) {
                if (page.getLong() != 0) {
                    return false;
                }
            }
            return true;
        }

        private void add(int page) {
            if (count > 0 && runs[count - 2] + runs[count - 1] == page) {
                runs[count - 1]++;
                return;
            }
            if (count == runs.length) {
                runs = Arrays.copyOf(runs, count * 2);
            }
            runs[count++] = page;
            runs[count++] = 1;
        }

        private void copy(long from, long bytes) throws IOException {
            for (long done = 0; done < bytes; ) {
                if (giveUp.getAsBoolean()) {
                    throw new IOException("given up");
                }
                int part = (int) Math.min(PIECE, bytes - done);
                sum.update(memory.range(from + done, part));
                ByteBuffer piece = memory.range(from + done, part);
                while (piece.hasRemaining()) {
                    var _ = out.write(piece, from + done + piece.position());
                }
                done += part;
            }
        }

        int[] runs() {
            return Arrays.copyOf(runs, count);
        }

        long sum() {
            return sum.getValue();
        }
    }

    // ---- reading ----

    /** One without sums to be compared. */
    public SavedFile(Memfd file, Memory memory, byte[] state) {
        this(file, memory, state, new byte[0], new FutureTask<>(() -> true));
        reading.run();
    }

    /**
     * Opens one. Another thread begins to read through its memory: {@link #check} is to be asked before it is used, and
     * {@link #requireKey}.
     *
     * @throws DamagedException it is not whole, or of another version
     */
    public static SavedFile open(Path path) throws DamagedException, IOException, ErrnoException {
        StateIn in;
        long memoryBytes;
        byte[] keySum = new byte[SUM_BYTES];
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = file.size();
            require(size >= 2 * TRAILER_BYTES, "is too short");
            ByteBuffer trailer = read(file, size - TRAILER_BYTES, TRAILER_BYTES);
            require(trailer.getLong() == MAGIC, "does not end as it should");
            require(trailer.getInt() == VERSION, "has another version");
            int stateBytes = trailer.getInt();
            memoryBytes = trailer.getLong();
            require(
                    memoryBytes > 0 && memoryBytes <= MEMORY_BYTES_MAX && memoryBytes % PAGE == 0,
                    "has an impossible memory");
            require(stateBytes >= 0 && stateBytes <= StateOut.BYTES_MAX + (64 << 20), "has an impossible state");
            require(size == memoryBytes + pageUp(stateBytes) + TRAILER_BYTES, "has another length than it says");
            trailer.get(keySum);
            byte[] state = read(file, memoryBytes, stateBytes).array();
            require(
                    trailer.rewind().equals(trailer(keySum, memoryBytes, state)),
                    "does not have the sum that it should have");
            in = new StateIn(state);
        }
        Memfd memfd = Memfd.open(path.toString(), memoryBytes);
        Memory memory = null;
        try {
            Memory all = memfd.view();
            memory = all;
            int[] runs = runs(in, all);
            long sum = in.longNumber();
            byte[] program = in.block(StateOut.BYTES_MAX, "the program's state");
            in.end();
            FutureTask<Boolean> check = new FutureTask<>(() -> sum(runs, all) == sum);
            Thread.ofVirtual().name("check-template").start(check);
            return new SavedFile(memfd, memory, program, keySum, check);
        } catch (DamagedException | ErrnoException | RuntimeException e) {
            if (memory != null) {
                memory.close();
            }
            memfd.close();
            throw e;
        }
    }

    /** @throws DamagedException it was written for another key */
    public void requireKey(String key) throws DamagedException {
        require(Arrays.equals(keySum, sum(key)), "was written for another key");
    }

    /**
     * Waits until all of its memory was read.
     *
     * @throws DamagedException it is not what was written
     */
    public void check() throws DamagedException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    require(reading.get(), "does not have the memory that it should have");
                    return;
                } catch (InterruptedException e) {
                    interrupted = true; // it ends soon, and the memory may not go before
                } catch (ExecutionException e) {
                    throw new DamagedException("the file cannot be read: " + e.getCause(), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static int[] runs(StateIn in, Memory memory) throws DamagedException {
        int pages = (int) (memory.size() / PAGE);
        int[] runs = in.numbers(Integer.MAX_VALUE, "runs of pages");
        in.require(runs.length % 2 == 0, "half a run of pages");
        int end = 0;
        for (int run = 0; run < runs.length; run += 2) {
            in.require(
                    runs[run] >= end && runs[run + 1] > 0 && runs[run + 1] <= pages - runs[run],
                    "pages out of order or out of range");
            end = runs[run] + runs[run + 1];
        }
        return runs;
    }

    private static long sum(int[] runs, Memory memory) {
        CRC32C sum = new CRC32C();
        for (int run = 0; run < runs.length; run += 2) {
            long until = (long) (runs[run] + runs[run + 1]) * PAGE;
            for (long at = (long) runs[run] * PAGE; at < until; at += PIECE) {
                sum.update(memory.range(at, (int) Math.min(PIECE, until - at)));
            }
        }
        return sum.getValue();
    }

    private static ByteBuffer read(FileChannel file, long at, int count) throws IOException, DamagedException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            require(file.read(bytes, at + bytes.position()) > 0, "became shorter");
        }
        return bytes.flip();
    }

    private static void require(boolean holds, String what) throws DamagedException {
        if (!holds) {
            throw new DamagedException("the file " + what);
        }
    }

    @Override
    public void close() {
        try {
            check(); // or it would go on reading
        } catch (DamagedException known) {
            // nobody uses it
        }
        memory.close();
        file.close();
    }
}
