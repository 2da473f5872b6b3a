package mayfly.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Creates a service or replaces it; {@link ServiceDefinition#of} checks it. */
@Doc("A server to run so that each connection gets a machine of its own.")
public record ServiceRequest(
        @Doc("1 to 64 of a-z, 0-9, - and _, starting with a letter or digit; in a PUT it may be left out")
        Optional<String> name,

        @Doc(
                "program and arguments; a name without a slash is looked up in the node's PATH, among what machines see; a relative path in directory")
        List<String> program,

        @Doc(
                "ephemeral (default): a machine serves one connection and is put back. shared: one machine serves all connections at once, keeps its state, and is started anew when its program ends")
        Optional<ServiceMode> mode,

        @Doc("where clients connect; default 127.0.0.1 and a free port")
        Optional<ServiceListen> listen,

        @Doc("port that the program listens on, when it opens more than one; default the first it opened")
        Optional<Integer> guestPort,

        @Doc("connections served at once: each by a machine of its own, default 8; shared: all by one, default 256")
        Optional<Integer> workers,

        @Doc(
                "connections that are accepted while all machines are busy; others wait in the kernel's queue; default 256")
        Optional<Integer> waitingMax,

        @Doc("requests of ours that the program serves before it is frozen; default 0")
        Optional<Integer> warmup,

        @Doc("environment variables of the program") Map<String, String> env,

        @Doc("directories of the host that the program may read, at their own paths; absolute")
        List<String> allowRead,

        @Doc(
                "directories of the host that the program may change, each as host:guest, both absolute; what is written stays")
        List<String> volumes,

        @Doc(
                "where the program may connect to over TCP, each as host:port; names are resolved by the node when the program is started, and every other connection is refused")
        List<String> allowConnect,

        @Doc("memory of one machine, in MiB; default 256") Optional<Integer> memoryMb,

        @Doc(
                "time for one connection with all its requests, in milliseconds; default 300000; shared: default 604800000")
        Optional<Long> requestTimeoutMs,

        @Doc(
                "time without connections after which machines are freed, in milliseconds; default as functions have it; shared: default never, for its state is lost then")
        Optional<Long> idleAfterMs,

        @Doc("where the program runs; absolute; default /") Optional<String> directory,

        @Doc("any (default: the strongest that can serve), kvm or process")
        Optional<Isolation> isolation) {}
