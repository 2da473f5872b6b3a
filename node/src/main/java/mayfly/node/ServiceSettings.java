package mayfly.node;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import mayfly.base.Limits;
import mayfly.machine.ServiceSpec;

/**
 * What one version of a service is to be.
 *
 * @param version counted from 1; a higher one replaces a lower one
 * @param template what its machines are forked from; its machinesMax bounds {@code workers}
 * @param workers connections served at once, from 1: each by a machine of its own, or all by the one of a shared template
 * @param waitingMax connections accepted that wait for a machine, from 1; others stay in the kernel's queue, unanswered
 * @param waitLimit after which a connection that got no machine is hung up on; longer than the program takes to start
 * @param connectionLimit after which a connection is hung up on though it is being served
 * @param idleAfter without connections, after which not even the template is kept
 */
public record ServiceSettings(
        String name,
        int version,
        ServiceSpec template,
        Listen listen,
        int workers,
        int waitingMax,
        Duration waitLimit,
        Duration connectionLimit,
        Duration idleAfter) {
    /** Where clients connect. */
    public sealed interface Listen {
        /** @param port 0 for any that is free */
        record Tcp(InetAddress host, int port) implements Listen {}

        /** A socket made at that path; one that a dead process left there is replaced. */
        record Unix(Path path) implements Listen {}
    }

    public ServiceSettings {
        require(workers >= 1 && workers <= template.machinesMax(), "workers is between 1 and machinesMax");
        int most = template.shared() ? Limits.SHARED_CONNECTIONS_MAX : Limits.MACHINES_PER_SERVICE_MAX;
        require(template.machinesMax() <= most, "machinesMax is in its limit");
        require(waitingMax >= 1 && waitingMax <= Limits.SERVICE_WAITING_MAX, "waitingMax is in its limits");
        require(waitLimit.isPositive() && waitLimit.compareTo(Limits.SERVICE_WAIT_MAX) <= 0, "waitLimit is in limits");
        require(connectionLimit.isPositive(), "connectionLimit is positive");
        require(idleAfter.isPositive(), "idleAfter is positive");
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }

    ServiceSettings withWorkers(int count) {
        return new ServiceSettings(
                name, version, template, listen, count, waitingMax, waitLimit, connectionLimit, idleAfter);
    }
}
