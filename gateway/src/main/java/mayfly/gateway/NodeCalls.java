package mayfly.gateway;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import mayfly.api.DoctorReport;
import mayfly.api.Health;
import mayfly.api.MachinePage;
import mayfly.api.OpenApiDocument;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import mayfly.http.Headers;
import mayfly.machine.HostReport;
import mayfly.node.Node;

/** The REST calls on the node itself. */
final class NodeCalls {
    private final Node node;
    private final String version;

    NodeCalls(Node node, String version) {
        this.node = node;
        this.version = version;
    }

    void health(Exchange exchange) throws IOException, RefusedException {
        if (node.draining()) {
            throw new RefusedException(ErrorCode.NODE_DRAINING, "the node is stopping");
        }
        String driver = node.host().stream()
                .filter(HostReport::usable)
                .map(HostReport::driver)
                .findFirst()
                .orElse("none");
        long uptime = Duration.between(node.startedAt(), Instant.now()).toMillis();
        Answers.json(exchange, 200, new Health(Health.State.OK, "engine", version, uptime, node.storeEngine(), driver));
    }

    void openapi(Exchange exchange) throws IOException {
        exchange.send(200, Headers.of("content-type", "application/json"), OpenApiDocument.bytes());
    }

    void doctor(Exchange exchange) throws IOException {
        Answers.json(exchange, 200, report(version, node.host()));
    }

    void machines(Exchange exchange) throws IOException {
        Answers.json(
                exchange,
                200,
                new MachinePage(
                        Stream.concat(node.functions().machines().stream(), node.services().machines().stream())
                                .map(Wire::machine)
                                .toList(),
                        java.util.Optional.empty()));
    }

    /** What a host can give, as the wire has it; also printed by {@code mayfly doctor} when no node runs. */
    static DoctorReport report(String version, List<HostReport> drivers) {
        return new DoctorReport(
                version,
                Runtime.version().toString(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                memoryMb(),
                System.getProperty("user.name"),
                drivers.stream().map(NodeCalls::driver).toList());
    }

    private static DoctorReport.Driver driver(HostReport host) {
        return new DoctorReport.Driver(
                host.driver(),
                host.usable(),
                host.level(),
                host.features().stream()
                        .map(it -> new DoctorReport.Feature(it.name(), it.available(), it.detail(), it.remedy()))
                        .toList());
    }

    private static long memoryMb() {
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean host
                ? host.getTotalMemorySize() / (1024 * 1024)
                : 0;
    }
}
