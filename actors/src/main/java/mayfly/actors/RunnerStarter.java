package mayfly.actors;

import java.util.Optional;
import mayfly.base.RunnerId;

/**
 * Makes runners of one pool appear on demand, each through a connection: a request to an endpoint, or a program. Tells the
 * pool what becomes of each connection. Never blocks.
 */
interface RunnerStarter {
    /** Of pools whose runners come by themselves. */
    RunnerStarter NONE = new RunnerStarter() {
        @Override
        public void open(long number) {
            throw new AssertionError("a pool whose runners come by themselves opens no connection");
        }

        @Override
        public void end(long number, long graceMillis) {
            // an earlier configuration's, whose starter was closed
        }

        @Override
        public void close() {
            // nothing is open
        }
    };

    /** Makes a runner appear. */
    void open(long number);

    /** Ends the connection when its runner is gone, at the latest after the grace. */
    void end(long number, long graceMillis);

    /** After a restart: tells the pool of connections that an earlier node left. */
    default void resume(RunnerPoolShell pool) {}

    /** A runner of the pool has connected, with this token. */
    default void appeared(RunnerId runner, Optional<String> token) {}

    /** A runner of the pool is gone. */
    default void left(RunnerId runner) {}

    /** Whether a program of this starter was given the token. */
    default boolean admits(String token) {
        return false;
    }

    /** Looks now at what makes the runners; false when that is nothing to look at. */
    default boolean refresh() {
        return false;
    }

    /** Opens no further ones; those that are open end as they were told to. */
    void close();
}
