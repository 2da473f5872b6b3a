package mayfly.machine.kvm.saved;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Takes down a state: numbers in little-endian order, everything else with its length in front. Times are told as the
 * program's monotonic clock shows them, which goes on when the host's does not.
 */
public final class StateOut {
    /** A state that would be larger is not saved: the files that a program made are in it. */
    public static final int BYTES_MAX = 64 << 20;

    private static final long NEVER = Long.MAX_VALUE;

    private final long timeShift;
    private ByteBuffer bytes = ByteBuffer.allocate(64 << 10).order(ByteOrder.LITTLE_ENDIAN);

    /** @param timeShift how far the program's monotonic clock is ahead of {@link System#nanoTime} */
    public StateOut(long timeShift) {
        this.timeShift = timeShift;
    }

    private ByteBuffer room(int count) throws UnsavableException {
        if (bytes.remaining() < count) {
            long wanted = Math.max(bytes.capacity() * 2L, bytes.position() + (long) count);
            if (bytes.position() + (long) count > BYTES_MAX) {
                throw new UnsavableException("a state of more than " + BYTES_MAX + " bytes");
            }
            ByteBuffer larger =
                    ByteBuffer.allocate((int) Math.min(wanted, BYTES_MAX)).order(ByteOrder.LITTLE_ENDIAN);
            bytes = larger.put(bytes.flip());
        }
        return bytes;
    }

    public void flag(boolean value) throws UnsavableException {
        room(1).put((byte) (value ? 1 : 0));
    }

    public void number(int value) throws UnsavableException {
        room(4).putInt(value);
    }

    public void number(long value) throws UnsavableException {
        room(8).putLong(value);
    }

    /** A {@link System#nanoTime} time; MAX_VALUE stays what it is: never. */
    public void time(long nanos) throws UnsavableException {
        number(nanos == NEVER ? NEVER : nanos + timeShift);
    }

    public void block(byte[] content) throws UnsavableException {
        number(content.length);
        room(content.length).put(content);
    }

    public void numbers(int[] values) throws UnsavableException {
        number(values.length);
        ByteBuffer to = room(Math.multiplyExact(values.length, 4));
        for (int value : values) {
            to.putInt(value);
        }
    }

    public void text(String text) throws UnsavableException {
        block(text.getBytes(StandardCharsets.UTF_8));
    }

    /** An empty one for the same program, to be appended. */
    public StateOut another() {
        return new StateOut(timeShift);
    }

    public void append(StateOut other) throws UnsavableException {
        byte[] all = other.toBytes();
        room(all.length).put(all);
    }

    /** All that was taken down. */
    public byte[] toBytes() {
        byte[] all = new byte[bytes.position()];
        bytes.get(0, all);
        return all;
    }
}
