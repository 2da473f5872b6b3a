package mayfly.gateway.rivet;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** What a client said over a WebSocket that can hibernate and its actor has not acknowledged, oldest first. One writer. */
final class SentMessages {
    /** Numbers are counted in 16 bits; half of them are before a number, half behind. */
    private static final int HALF = 1 << 15;

    /**
     * One message.
     *
     * @param index its number on the wire
     * @param atMillis when it was sent
     */
    record Sent(int index, byte[] data, boolean binary, long atMillis) {}

    private final Deque<Sent> sent = new ArrayDeque<>(0);
    private long bytes;
    /** The newest number that was sent again to a later stay of the actor; nothing up to it is late any more. */
    private int replayed = -1;

    void add(Sent message) {
        sent.add(message);
        bytes += message.data().length;
    }

    /** The actor needs nothing up to this number again. */
    void acknowledged(int index) {
        while (!sent.isEmpty() && notAfter(sent.getFirst().index(), index)) {
            bytes -= sent.removeFirst().data().length;
        }
    }

    private static boolean notAfter(int number, int other) {
        return ((other - number) & 0xffff) < HALF;
    }

    /** Calls with each, oldest first. Runners drop what they know, without a word, so none of these is late afterwards. */
    void replay(Consumer<Sent> send) {
        sent.forEach(send);
        replayed = sent.isEmpty() ? replayed : sent.getLast().index();
    }

    /** Whether the actor may not have got something that was sent. */
    boolean isOpen() {
        return !sent.isEmpty() && isFresh(sent.getLast());
    }

    private boolean isFresh(Sent message) {
        return replayed < 0 || !notAfter(message.index(), replayed);
    }

    /** When the oldest was sent that was sent once only; Long.MAX_VALUE when there is none. */
    long oldestMillis() {
        for (Sent message : sent) {
            if (isFresh(message)) {
                return message.atMillis();
            }
        }
        return Long.MAX_VALUE;
    }

    int count() {
        return sent.size();
    }

    long bytes() {
        return bytes;
    }
}
