package mayfly.actors;

import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Tells shells that a time has come. What it runs must be short. */
interface Timers extends AutoCloseable {
    /** Wall-clock milliseconds. */
    long nowMillis();

    /** At that time of the wall clock, or at once when it has passed; null after the close. */
    default @Nullable Future<?> at(long millis, Runnable task) {
        return in(Math.max(0, millis - nowMillis()), task);
    }

    /** After so many milliseconds; null after the close. */
    @Nullable
    Future<?> in(long millis, Runnable task);

    @Override
    void close();
}
