package mayfly.machine.process;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/** Direct buffers for work channels, lent one pair per machine: making one costs more than a short call. */
final class WorkBuffers {
    private static final int BYTES = 64 * 1024;
    private static final int IDLE_MAX = 64;

    private final ArrayBlockingQueue<Pair> idle = new ArrayBlockingQueue<>(IDLE_MAX);

    /** One to read through and one to write through. */
    record Pair(ByteBuffer in, ByteBuffer out) {}

    Pair take() {
        Pair pair = idle.poll();
        return pair != null ? pair : new Pair(ByteBuffer.allocateDirect(BYTES), ByteBuffer.allocateDirect(BYTES));
    }

    /** The caller uses it no more; over the limit it is left to the garbage collector. */
    void giveBack(Pair pair) {
        boolean kept = idle.offer(pair);
        assert kept || idle.remainingCapacity() == 0;
    }
}
