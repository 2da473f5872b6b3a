package mayfly.checks.arch.planted.core;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/** Planted: I/O, threads and locks in core. */
final class Acts {
    private final ReentrantLock lock = new ReentrantLock();

    boolean reads(Path file) {
        lock.lock();
        try {
            return Files.exists(file);
        } finally {
            lock.unlock();
        }
    }

    static synchronized Thread here() {
        return Thread.currentThread();
    }
}
