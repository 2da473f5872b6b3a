package mayfly.gateway.rivet;

import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/** The memory that bodies of all requests together may take. */
public interface Room {
    /** Memory that is counted until it is closed. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** Counts the body of a request that is about to be read, so many times over; may wait for room, or throw. */
    Held reserve(Exchange exchange, int bodyMax, int copies) throws RefusedException;

    /** Counts so many bytes at once, or answers null. */
    @Nullable
    Held holdNow(long bytes);
}
