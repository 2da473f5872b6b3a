package mayfly.node;

import java.time.Instant;
import java.util.Optional;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceStatus;
import mayfly.base.ServiceId;

/**
 * A service as readers see it.
 *
 * @param version counts its definitions, from 1
 * @param reason why it failed; empty when there is nothing to say
 * @param address where it listens: "127.0.0.1:8080" or "unix:/path"; empty while it does not
 * @param stats empty when this node has not started it
 */
public record ServiceView(
        ServiceId id,
        ServiceDefinition definition,
        int version,
        ServiceStatus status,
        String reason,
        Optional<String> address,
        Optional<ServiceStats> stats,
        Instant createdAt,
        Instant updatedAt) {}
