package mayfly.gateway;

import java.util.Optional;
import java.util.Set;
import mayfly.api.FunctionSpec;

/**
 * How the gateway lets callers in.
 *
 * @param token demanded as {@code Authorization: Bearer TOKEN}; without one, only requests that name a local host and
 *     come from no other web origin are let in
 * @param hosts host names under which the node may be addressed besides the loopback names, lower case, without port
 * @param defaults for what a function's deployment leaves out
 * @param version of Mayfly, for /health
 */
public record GatewaySpec(Optional<String> token, Set<String> hosts, FunctionSpec.Defaults defaults, String version) {
    public GatewaySpec {
        hosts = Set.copyOf(hosts);
    }
}
