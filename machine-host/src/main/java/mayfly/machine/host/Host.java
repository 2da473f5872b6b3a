package mayfly.machine.host;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import mayfly.machine.MachineException;

/** A machine host's process, from its start to its end. */
interface Host {
    /** Makes or finds one. */
    @FunctionalInterface
    interface Starter {
        /** Blocks until it can be connected to. */
        Host start() throws MachineException;
    }

    /** A new connection, in blocking mode. */
    SocketChannel connect() throws IOException;

    /** How it ended, for people; "does not answer" while it lives. */
    String ending();

    /** Kills it with every machine in it; returns when nothing of it is left. Repeated calls do nothing. */
    void end();
}
