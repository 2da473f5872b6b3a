package mayfly.machine.kvm.saved;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.LongPredicate;

/** Reads what {@link StateOut} took down. Nothing is believed: every number has bounds, every length what is left. */
public final class StateIn {
    private static final long NEVER = Long.MAX_VALUE;

    private final ByteBuffer bytes;
    private long timeShift;

    public StateIn(byte[] state) {
        bytes = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How far the program's monotonic clock is ahead of {@link System#nanoTime} from now on. */
    public void setTimeShift(long nanos) {
        timeShift = nanos;
    }

    private ByteBuffer have(long count) throws DamagedException {
        if (count < 0 || bytes.remaining() < count) {
            throw new DamagedException("the state ends at byte " + bytes.limit() + ", in the middle of something");
        }
        return bytes;
    }

    public boolean flag() throws DamagedException {
        return number(0, 1, "a yes or no", have(1).get()) == 1;
    }

    public int number() throws DamagedException {
        return have(4).getInt();
    }

    public long longNumber() throws DamagedException {
        return have(8).getLong();
    }

    /** A number within bounds, both included. */
    public int number(int least, int most, String what) throws DamagedException {
        return number(least, most, what, number());
    }

    private int number(int least, int most, String what, int value) throws DamagedException {
        if (value < least || value > most) {
            throw new DamagedException(what + " is " + value + ", not within " + least + " and " + most
                    + ", in front of byte " + bytes.position());
        }
        return value;
    }

    /** A number that must be as somebody says. */
    public long longNumber(LongPredicate good, String what) throws DamagedException {
        long value = longNumber();
        require(good.test(value), what);
        return value;
    }

    /** A number from 0 on. */
    public long size(String what) throws DamagedException {
        return longNumber(value -> value >= 0, what);
    }

    /** How many of something follow, of which each takes at least a byte. */
    public int count(int most, String what) throws DamagedException {
        return number(0, Math.min(most, bytes.remaining()), what);
    }

    public long time() throws DamagedException {
        long nanos = longNumber();
        return nanos == NEVER ? NEVER : nanos - timeShift;
    }

    public byte[] block(int most, String what) throws DamagedException {
        byte[] content = new byte[count(most, what)];
        have(content.length).get(content);
        return content;
    }

    /** A block of exactly this length. */
    public byte[] exactly(int count, String what) throws DamagedException {
        byte[] content = block(count, what);
        require(content.length == count, what);
        return content;
    }

    public int[] numbers(int most, String what) throws DamagedException {
        int[] values = new int[number(0, Math.min(most, bytes.remaining() / 4), what)];
        try {
            bytes.asIntBuffer().get(values);
        } catch (BufferUnderflowException shorter) {
            throw new DamagedException(what, shorter);
        }
        bytes.position(bytes.position() + values.length * 4);
        return values;
    }

    public String text(int mostBytes, String what) throws DamagedException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(block(mostBytes, what)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new DamagedException(what + " is no text", e);
        }
    }

    /** Refuses the state unless something holds. */
    public void require(boolean holds, String what) throws DamagedException {
        if (!holds) {
            throw new DamagedException(what + ", in front of byte " + bytes.position());
        }
    }

    /** Refuses the state if there is more of it. */
    public void end() throws DamagedException {
        require(!bytes.hasRemaining(), bytes.remaining() + " bytes are left over");
    }
}
