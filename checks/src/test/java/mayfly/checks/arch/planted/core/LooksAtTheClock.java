package mayfly.checks.arch.planted.core;

import java.time.Instant;
import java.util.UUID;

/** Planted: everything a decider must not do. */
final class LooksAtTheClock {
    private LooksAtTheClock() {}

    static long nanos() {
        return System.nanoTime();
    }

    static Instant now() {
        return Instant.now();
    }

    static UUID id() {
        return UUID.randomUUID();
    }

    static double chance() {
        return Math.random();
    }
}
