package mayfly.checks.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import mayfly.agents.AgentFiles;

/** Synchronous calls over HTTP keep-alive, beside a zygote that does nothing but fork. */
final class FunctionBench {
    private static final String PYTHON = """
            import json, asyncio
            def handler(event):
                return {"echo": event}
            """;
    private static final byte[] PAYLOAD = "{\"name\":\"bench\"}".getBytes(StandardCharsets.UTF_8);

    private final BenchPlace place;
    private final Report report;
    private final NodeProcess node;

    private FunctionBench(BenchPlace place, Report report, NodeProcess node) {
        this.place = place;
        this.report = report;
        this.node = node;
    }

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        try (NodeProcess node = NodeProcess.start(place.home(), place.scratch().resolve("functions"));
                BenchApi api = new BenchApi(node.url())) {
            new FunctionBench(place, report, node).run(api);
        }
    }

    private void run(BenchApi api) throws IOException, InterruptedException {
        deploy(api, "fresh", "python3", "fresh", 0, code(PYTHON));
        deploy(api, "ahead", "python3", "fresh", 2, code(PYTHON));
        deploy(api, "warm", "python3", "warm", 2, code(PYTHON));
        // the JVM compiles its hot paths once per start, as in production: measured is the state after that
        load("warm", 4, 2 * place.seconds());
        load("fresh", 1, 2 * place.seconds());
        double bareBefore = bareZygote();
        HttpLoad.Report fresh = load("fresh", 1, place.seconds());
        double bare = (bareBefore + bareZygote()) / 2;
        report.note("baseline: bare Python zygote fork, p50", bare / 1e3, "ms", "same run, before and after");
        report.atMost(
                "fresh Python call, forked on request, 1 client, p50", fresh.p50Micros() / 1e3, 1.9, "ms", rate(fresh));
        report.atMost("  the same over the bare zygote", fresh.p50Micros() / bare, 1.6, "x", "");
        HttpLoad.Report ahead = load("ahead", 1, place.seconds());
        report.note("fresh Python call, min_warm=2 (forked ahead), p50", ahead.p50Micros() / 1e3, "ms", rate(ahead));
        HttpLoad.Report warm = load("warm", 1, place.seconds());
        report.atMost("warm Python call, 1 client, p50", warm.p50Micros() / 1e3, 0.5, "ms", rate(warm));
        HttpLoad.Report warm8 = load("warm", 8, place.seconds());
        report.atLeast(
                "warm Python calls, 8 clients", warm8.perSecond(), 4000, "req/s", "p99 " + ms(warm8.p99Micros()));
        natives(api);
        node(api);
        virtual(api, fresh);
    }

    /** The same functions, each call in a virtual machine that was reset after the one before. */
    private void virtual(BenchApi api, HttpLoad.Report forked) throws IOException, InterruptedException {
        try {
            deploy(api, "kvm", "virtual", "python3", "fresh", 0, code(PYTHON));
        } catch (IOException e) {
            report.skipped("calls in virtual machines", "this host makes none: " + e.getMessage());
            return;
        }
        load("virtual", 4, 2 * place.seconds());
        HttpLoad.Report one = load("virtual", 1, place.seconds());
        report.atMost("fresh Python call in a virtual machine, p50", one.p50Micros() / 1e3, 0.45, "ms", rate(one));
        report.atLeast(
                "  calls a second over those of forked processes", one.perSecond() / forked.perSecond(), 3, "x", "");
        HttpLoad.Report eight = load("virtual", 8, place.seconds());
        report.atLeast("  8 clients", eight.perSecond(), 4500, "req/s", "p99 " + ms(eight.p99Micros()));
        String source = "exports.handler = async (event) => ({ echo: event });";
        try {
            deploy(api, "kvm", "js-virtual", "node", "fresh", 0, code(source));
            load("js-virtual", 1, place.seconds());
            HttpLoad.Report js = load("js-virtual", 1, place.seconds());
            report.atMost("Node call in a virtual machine, p50", js.p50Micros() / 1e3, 1.0, "ms", rate(js));
        } catch (IOException e) {
            report.skipped("Node call in a virtual machine", String.valueOf(e.getMessage()));
        }
    }

    private void natives(BenchApi api) throws IOException, InterruptedException {
        Files.write(place.scratch().resolve(AgentFiles.HEADER), AgentFiles.bytes(AgentFiles.HEADER));
        String frames = archive(place.compile("echo_frames"));
        deploy(api, "native", "native", "fresh", 0, "\"handler\":\"frames\"," + frames);
        load("native", 1, 2);
        HttpLoad.Report onRequest = load("native", 1, place.seconds());
        report.atMost(
                "native C call, fresh process, 1 client, p50", onRequest.p50Micros() / 1e3, 0.7, "ms", rate(onRequest));
        deploy(api, "native-ahead", "native", "fresh", 2, "\"handler\":\"frames\"," + frames);
        HttpLoad.Report ahead = load("native-ahead", 1, place.seconds());
        report.note("native C call, min_warm=2 (started ahead), p50", ahead.p50Micros() / 1e3, "ms", rate(ahead));
        deploy(api, "native-stdio", "native", "fresh", 0, archive(place.compile("echo_stdio")));
        HttpLoad.Report stdio = load("native-stdio", 1, place.seconds());
        report.note("the same through standard input and output, p50", stdio.p50Micros() / 1e3, "ms", rate(stdio));
    }

    private void node(BenchApi api) throws IOException, InterruptedException {
        String source = "exports.handler = async (event) => ({ echo: event });";
        try {
            deploy(api, "js", "node", "fresh", 2, code(source));
        } catch (IOException e) {
            report.skipped("Node call, fresh process", "no node here: " + e.getMessage());
            return;
        }
        HttpLoad.Report js = load("js", 1, place.seconds());
        report.note("Node call, fresh process started ahead, p50", js.p50Micros() / 1e3, "ms", rate(js));
        deploy(api, "js-warm", "node", "warm", 1, code(source));
        HttpLoad.Report warm = load("js-warm", 1, place.seconds());
        report.note("Node call, warm, p50", warm.p50Micros() / 1e3, "ms", rate(warm));
    }

    /** The median in microseconds. */
    private double bareZygote() throws IOException {
        Path script = place.scratch().resolve("bare_zygote.py");
        Files.write(script, BenchPlace.resource("bare_zygote.py"));
        String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        String out = BenchPlace.run(List.of(python, script.toString(), Integer.toString(place.count(1000))));
        return Double.parseDouble(out.strip().split(" ", -1)[0]);
    }

    private static void deploy(BenchApi api, String name, String runtime, String reuse, int minWarm, String codeMember)
            throws IOException {
        deploy(api, "process", name, runtime, reuse, minWarm, codeMember);
    }

    private static void deploy(
            BenchApi api, String isolation, String name, String runtime, String reuse, int minWarm, String codeMember)
            throws IOException {
        api.post(
                "/api/v1/functions",
                "{\"name\":\"" + name + "\",\"runtime\":\"" + runtime + "\",\"reuse\":\"" + reuse + "\",\"min_warm\":"
                        + minWarm + ",\"isolation\":\"" + isolation + "\",\"max_machines\":8," + codeMember + "}");
    }

    private static String code(String source) {
        return "\"code\":\""
                + source.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    private static String archive(Path program) throws IOException {
        var bytes = new java.io.ByteArrayOutputStream();
        try (var zip = new java.util.zip.ZipOutputStream(bytes)) {
            zip.putNextEntry(new java.util.zip.ZipEntry("program"));
            zip.write(Files.readAllBytes(program));
        }
        return "\"archive\":\"" + Base64.getEncoder().encodeToString(bytes.toByteArray()) + "\"";
    }

    private HttpLoad.Report load(String function, int clients, int seconds) throws InterruptedException, IOException {
        URI uri = URI.create(node.url());
        byte[] request =
                HttpLoad.request("POST", "/api/v1/functions/" + function + "/invoke", uri.getAuthority(), PAYLOAD);
        HttpLoad.Report result = HttpLoad.run(new HttpLoad.Spec(
                new InetSocketAddress(uri.getHost(), uri.getPort()),
                request,
                clients,
                Duration.ofSeconds(1),
                Duration.ofSeconds(seconds),
                Long.MAX_VALUE));
        if (result.statuses().keySet().stream().anyMatch(status -> status != 200)
                || !result.failures().isEmpty()) {
            throw new IOException("calls of " + function + " failed: " + result);
        }
        return result;
    }

    private static String rate(HttpLoad.Report load) {
        return Math.round(load.perSecond()) + " req/s, p99 " + ms(load.p99Micros());
    }

    private static String ms(double micros) {
        return String.format(java.util.Locale.ROOT, "%.2f ms", micros / 1e3);
    }
}
