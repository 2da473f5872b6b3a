package mayfly.gateway;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Room;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * How much memory request bodies may take at once: a part of the heap, so that many large requests together are made to
 * wait, and at last refused, instead of ending the node. Small bodies are not counted.
 */
final class BodyBudget implements Room {
    private static final int SMALL_BYTES = 64 * Limits.KIB;
    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    private final int units;
    private final Semaphore free;
    private final Duration wait;

    /**
     * @param bytes for all bodies and what is made of them, together
     * @param wait how long a request waits for others to end before it is refused
     */
    BodyBudget(long bytes, Duration wait) {
        this.units = (int) Math.min(Integer.MAX_VALUE, bytes / Limits.KIB);
        this.free = new Semaphore(units, true);
        this.wait = wait;
    }

    /** Half of what the heap may grow to. */
    static BodyBudget ofHeap() {
        return new BodyBudget(Runtime.getRuntime().maxMemory() / 2, WAIT_MAX);
    }

    /**
     * Counts the body of a request that is about to be read.
     *
     * @param bodyMax what is counted when the request does not say how long its body is
     * @param copies how many times over the body will be in memory
     */
    @Override
    public Held reserve(Exchange exchange, int bodyMax, int copies) throws RefusedException {
        try {
            return hold(Math.min(declared(exchange, bodyMax), bodyMax), copies);
        } catch (RefusedException e) {
            exchange.closeAfterResponse(); // its body is not read
            throw e;
        }
    }

    /** Counts so many bytes, so many times over; a body that is larger than the budget counts as the whole of it. */
    Held hold(long bytes, int copies) throws RefusedException {
        if (bytes <= SMALL_BYTES) {
            return () -> {};
        }
        int share = (int) Math.min(units, Math.ceilDiv(bytes * copies, Limits.KIB));
        try {
            if (free.tryAcquire(share, wait.toMillis(), TimeUnit.MILLISECONDS)) {
                return () -> free.release(share);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new RefusedException(
                ErrorCode.LIMIT_REACHED,
                "other large requests take all of the memory that bodies may have; try again later");
    }

    @Override
    public @Nullable Held holdNow(long bytes) {
        if (bytes <= SMALL_BYTES) {
            return () -> {};
        }
        int share = (int) Math.min(units, Math.ceilDiv(bytes, Limits.KIB));
        return free.tryAcquire(share) ? () -> free.release(share) : null;
    }

    /** What is not held now. */
    long freeBytes() {
        return (long) free.availablePermits() * Limits.KIB;
    }

    private static long declared(Exchange exchange, int bodyMax) {
        String length = exchange.header("content-length");
        if (length != null) {
            return Long.parseLong(length); // the server has checked it
        }
        return exchange.header("transfer-encoding") == null ? 0 : bodyMax;
    }
}
