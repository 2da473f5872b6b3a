package mayfly.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How a supervised command is shut in: what it sees of the host and what it may use. Everything not named here it
 * does not have. The user id it gets and the cgroups it is counted in are the host's to give, so they are not here.
 *
 * @param binds directories and files of the host that it sees, besides the read-only system directories
 * @param tmpBytes size of its private /tmp; 0 for the default
 * @param network what it can reach
 * @param processesMax how many processes and threads it may have at once; 0 for no limit
 * @param capabilities which rights its processes keep inside their own user namespace
 * @param listen name of a stream socket, made in the supervised directory and given to it as descriptor 3; "" for none
 * @param init what its process 1 does
 * @param seccomp which system calls it may make
 * @param required features that must be in force, by the names of {@link HostReport.Feature}; when one is missing the
 *     command is not executed
 */
public record Sandbox(
        List<Bind> binds,
        long tmpBytes,
        Network network,
        int processesMax,
        Capabilities capabilities,
        String listen,
        Init init,
        Seccomp seccomp,
        Set<String> required) {
    public Sandbox {
        binds = List.copyOf(binds);
        required = Set.copyOf(required);
        if (!listen.isEmpty() && !listen.matches("[a-z][a-z0-9.-]{0,31}")) {
            throw new IllegalArgumentException("not the name of a socket: " + listen);
        }
    }

    /**
     * A part of the host's file tree.
     *
     * @param guest absolute path inside the sandbox
     */
    public record Bind(Path host, String guest, boolean writable) {
        /** Seen, never changed. */
        public static Bind readOnly(Path host, String guest) {
            return new Bind(host, guest, false);
        }

        /** Seen and changed. */
        public static Bind writable(Path host, String guest) {
            return new Bind(host, guest, true);
        }
    }

    /** What a sandbox can reach. */
    public enum Network {
        /** Its own loopback only. */
        NONE,
        /** Whatever the host can. */
        HOST
    }

    /** Which rights are kept inside the sandbox's own user namespace. */
    public enum Capabilities {
        NONE,
        /** Enough to fork children into namespaces of their own, for agents that shut in every call. */
        FORK
    }

    /** What process 1 of the sandbox does. */
    public enum Init {
        /** Runs the command as its child, reaps, forwards signals, ends with the command's status. */
        REAP,
        /** Executes the command anew for each connection on descriptor 3, each in its own process namespace. */
        ACCEPT,
        /** The command itself is process 1. */
        NONE
    }

    /** Allow lists of system calls. */
    public enum Seccomp {
        /** For commands that users start. */
        TASK,
        /** For the agents that host functions. */
        AGENT,
        /** For the process that runs virtual machines; it gets /dev/kvm as descriptor 4, whoever it runs as. */
        MACHINES
    }

    /** For a user's command: nothing of the host but its system directories, no network. */
    public static Sandbox forTask() {
        return new Sandbox(List.of(), 0, Network.NONE, 512, Capabilities.NONE, "", Init.REAP, Seccomp.TASK, Set.of());
    }
}
