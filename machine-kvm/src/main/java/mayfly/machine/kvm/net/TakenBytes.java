package mayfly.machine.kvm.net;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import mayfly.linux.Memory;
import mayfly.machine.kvm.files.Transfer;
import org.jspecify.annotations.Nullable;

/** What a program read of a connection, as long as another one may have to read it instead; and what it is to read first. */
public final class TakenBytes {
    private @Nullable ByteArrayOutputStream kept;
    private @Nullable ByteBuffer returned;

    TakenBytes() {}

    /** From now on all that is read is kept. */
    public void remember() {
        kept = new ByteArrayOutputStream();
    }

    /** Nothing is kept any more. */
    public void forget() {
        kept = null;
    }

    /** What was kept. */
    byte[] all() {
        if (kept == null) {
            throw new IllegalStateException("what was read is not known");
        }
        return kept.toByteArray();
    }

    /** To be read before anything else. */
    public void giveBack(byte[] bytes) {
        returned = bytes.length == 0 ? null : ByteBuffer.wrap(bytes);
    }

    boolean areReturned() {
        return returned != null;
    }

    int available() {
        return returned == null ? 0 : returned.remaining();
    }

    /** Reads what was given back, into a machine's memory. */
    int move(Memory memory, long at, int count) {
        byte[] bytes = first(count);
        memory.write(at, bytes, 0, bytes.length);
        ByteBuffer rest = returned;
        if (rest != null) {
            rest.position(rest.position() + bytes.length);
            returned = rest.hasRemaining() ? rest : null;
        }
        return (int) keep(memory, at, bytes.length);
    }

    int peek(Transfer to) {
        byte[] bytes = first(to.remaining());
        to.put(bytes, 0, bytes.length);
        return bytes.length;
    }

    private byte[] first(int count) {
        byte[] bytes = new byte[Math.min(count, available())];
        if (returned != null) {
            returned.get(returned.position(), bytes);
        }
        return bytes;
    }

    /** Keeps what was read to a place in memory, if it is to; the same number again. */
    long keep(Memory memory, long at, long count) {
        if (kept != null && count > 0) {
            byte[] bytes = new byte[(int) count];
            memory.read(at, bytes, 0, bytes.length);
            kept.writeBytes(bytes);
        }
        return count;
    }
}
