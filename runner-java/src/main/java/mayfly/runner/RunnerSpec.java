package mayfly.runner;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Where a runner connects to, and as what.
 *
 * @param endpoint the engine's address, http or https
 * @param pool which actors it hosts: those created for this pool
 * @param token lets it in, if the engine asks for one
 * @param key who it is over reconnects; a second runner with the same key puts the first one out
 * @param version of its code; actors go to runners of the highest
 * @param slots how many actors it hosts at most
 * @param actorNames names of actors that it can host, each with metadata in JSON; for tools
 * @param drainGrace how long {@link Runner#close} waits for actors to stop
 */
public record RunnerSpec(
        URI endpoint,
        String namespace,
        String pool,
        Optional<String> token,
        String key,
        int version,
        int slots,
        Map<String, String> actorNames,
        Duration drainGrace) {
    private static final int PROTOCOL_VERSION = mayfly.runner.protocol.RunnerProtocol.VERSION;

    /** Refuses what cannot be connected with. */
    public RunnerSpec {
        String scheme = String.valueOf(endpoint.getScheme());
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("the endpoint " + endpoint + " is not an http or https address");
        }
        if (slots < 1) {
            throw new IllegalArgumentException("a runner with " + slots + " slots");
        }
        actorNames = Map.copyOf(actorNames);
    }

    /** The namespace {@code default}, no token, a new key, version 1, one slot for each processor, 2 minutes to drain. */
    public static RunnerSpec of(String endpoint, String pool) {
        return new RunnerSpec(
                URI.create(endpoint),
                "default",
                pool,
                Optional.empty(),
                UUID.randomUUID().toString(),
                1,
                Runtime.getRuntime().availableProcessors(),
                Map.of(),
                Duration.ofMinutes(2));
    }

    /**
     * As the program's environment says, where it says something: a program that a node starts is told so where to connect.
     *
     * @param environment of which RIVET_ENDPOINT, RIVET_NAMESPACE, RIVET_RUNNER (the pool), RIVET_TOKEN and
     *     RIVET_TOTAL_SLOTS are read
     */
    public RunnerSpec withEnvironment(Map<String, String> environment) {
        return new RunnerSpec(
                URI.create(environment.getOrDefault("RIVET_ENDPOINT", endpoint.toString())),
                environment.getOrDefault("RIVET_NAMESPACE", namespace),
                environment.getOrDefault("RIVET_RUNNER", pool),
                Optional.ofNullable(environment.get("RIVET_TOKEN")).or(() -> token),
                key,
                version,
                Integer.parseInt(environment.getOrDefault("RIVET_TOTAL_SLOTS", Integer.toString(slots))),
                actorNames,
                drainGrace);
    }

    public RunnerSpec withNamespace(String other) {
        return new RunnerSpec(endpoint, other, pool, token, key, version, slots, actorNames, drainGrace);
    }

    public RunnerSpec withToken(String other) {
        return new RunnerSpec(
                endpoint, namespace, pool, Optional.of(other), key, version, slots, actorNames, drainGrace);
    }

    public RunnerSpec withKey(String other) {
        return new RunnerSpec(endpoint, namespace, pool, token, other, version, slots, actorNames, drainGrace);
    }

    public RunnerSpec withVersion(int other) {
        return new RunnerSpec(endpoint, namespace, pool, token, key, other, slots, actorNames, drainGrace);
    }

    public RunnerSpec withSlots(int other) {
        return new RunnerSpec(endpoint, namespace, pool, token, key, version, other, actorNames, drainGrace);
    }

    /** Adds a name of actors that it can host. */
    public RunnerSpec withActorName(String name) {
        Map<String, String> names = new LinkedHashMap<>(actorNames);
        names.put(name, "{}");
        return new RunnerSpec(endpoint, namespace, pool, token, key, version, slots, names, drainGrace);
    }

    public RunnerSpec withDrainGrace(Duration other) {
        return new RunnerSpec(endpoint, namespace, pool, token, key, version, slots, actorNames, other);
    }

    /** Where the engine takes runners. */
    URI socketAddress() {
        String base = endpoint.toString().replaceAll("/+$", "").replaceFirst("^http", "ws");
        return URI.create(base + "/runners/connect?protocol_version=" + PROTOCOL_VERSION + "&namespace="
                + encoded(namespace) + "&runner_key=" + encoded(key));
    }

    /** For a query of any server: spaces as those of a path. */
    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
