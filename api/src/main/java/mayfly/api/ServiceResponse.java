package mayfly.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A service and what it does now. */
@Doc("A service and what it does now. Values of environment variables are not shown.")
public record ServiceResponse(
        String id,
        String name,

        @Doc("counts the definitions of this service, from 1")
        int version,

        @Doc("starting: its program is being brought to where it waits for connections. active. draining: it takes no"
                + " connections, and those it has are waited for. drained: so until it is replaced or the node starts again. failed: it could not be started when the"
                + " node was; see reason")
        ServiceStatus status,

        @Doc("why it failed; empty when there is nothing to say")
        String reason,

        @Doc("where it listens: 127.0.0.1:8080 or unix:/path; absent while it does not")
        Optional<String> address,

        List<String> program,
        ServiceMode mode,
        ServiceListen listen,
        Optional<Integer> guestPort,
        int workers,
        int waitingMax,
        int warmup,

        @Doc("names of the environment variables") List<String> envKeys,

        List<String> allowRead,
        List<String> volumes,
        List<String> allowConnect,
        int memoryMb,
        long requestTimeoutMs,
        Optional<Long> idleAfterMs,
        String directory,
        Isolation isolation,
        Machines machines,
        Connections connections,
        Resets resets,
        Instant createdAt,
        Instant updatedAt) {

    /** What its pool holds now. */
    @Doc("The machines of a service, now.")
    public record Machines(
            @Doc("kvm: virtual machines; process: sandboxed processes; absent while there are none")
            Optional<String> driver,

            @Doc("that exist") int count,

            @Doc("whether the program is there to be copied; if not, the next connection waits for its start")
            boolean awake,

            @Doc("memory that they have for themselves and share with nothing; absent where it is not known")
            Optional<Long> privateBytes) {}

    /** Counted since the service was started on this node. */
    @Doc("Connections of a service, counted since the node started it.")
    public record Connections(
            @Doc("taken from clients") long accepted,
            @Doc("in a machine, now") int active,
            @Doc("waiting for a machine, now") int waiting,
            @Doc("ended by the program or its client") long served,
            @Doc("ended by the time limit") long timedOut,

            @Doc("ended because the program or its machine died")
            long crashed,

            @Doc("cut off because the service ended") long cancelled,

            @Doc("hung up on before any machine had them: they waited too long, or there was none")
            long refused,

            @Doc("bytes that the program read, of connections that ended")
            long receivedBytes,

            @Doc("bytes that the program wrote, of connections that ended")
            long sentBytes,

            @Doc("how long one that ended had waited for its machine, on average, in microseconds")
            long waitedUs,

            @Doc("how long one that ended was in its machine, on average, in microseconds")
            long servedUs) {}

    /** Counted since the service was started on this node. */
    @Doc("How machines were put back after connections; what is not a count is of the last 256.")
    public record Resets(
            @Doc("counted since the node started the service")
            long count,

            @Doc("the median time, in microseconds") long p50Us,

            @Doc("99 of 100 took no longer, in microseconds")
            long p99Us,

            @Doc("the longest, in microseconds") long maxUs,

            @Doc("the median of pages of 4 KiB that were put back")
            int pagesP50,

            @Doc("the most pages that were put back") int pagesMax) {}
}
