package mayfly.actors;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs the programs of hosted pools; they outlive the node. */
public interface ProgramHost {
    /**
     * Starts a program; on return it runs, or has ended already.
     *
     * @param name for people
     * @param directory its working directory; empty for one of its own
     * @throws ProgramException it does not start
     */
    Program start(String name, List<String> command, Map<String, String> env, Optional<String> directory)
            throws ProgramException;

    /** Those that run still, of earlier nodes on the same data as well. */
    List<Program> running();

    /** Runs none. */
    ProgramHost NONE = new ProgramHost() {
        @Override
        public Program start(String name, List<String> command, Map<String, String> env, Optional<String> directory)
                throws ProgramException {
            throw new ProgramException("this node runs no programs", null);
        }

        @Override
        public List<Program> running() {
            return List.of();
        }
    };

    /** One that was started. */
    interface Program {
        /** What it was started with. */
        Map<String, String> env();

        Instant startedAt();

        /** Blocks until it has ended; how, in words. */
        String awaitEnd() throws InterruptedException;

        /** Asks it to end, and ends it when it does not. Does not block. */
        void stop();
    }

    /** A program does not start. */
    final class ProgramException extends Exception {
        private static final long serialVersionUID = 1;

        public ProgramException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
