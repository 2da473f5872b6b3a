package mayfly.checks.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mayfly.checks.npm.NpmPackages;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The cases by which Rivet accepts an engine, as npm's rivetkit has them ({@code rivetkit/driver-test-suite}), with actors
 * of ours ({@code checks/npm/driver-suite}) on a node of ours. Those of {@code known.json} are not run: it says why.
 */
class RivetDriverSuiteTest {
    private static final int MINUTES_MAX = 4;
    private static final JsonMapper JSON = new JsonMapper();

    /** Groups and cases that are run: those where an engine shows itself. The others are for RivetKit itself; see run.mjs. */
    private static final List<String> SELECTION = List.of(
            "Manager Driver Tests",
            "Actor Handle Tests",
            "Actor Destroy Tests",
            "Actor Lifecycle Tests",
            "Actor Schedule Tests",
            "Actor Sleep Tests",
            "Actor State Tests",
            "Actor Connection Tests",
            "Connection Hibernation",
            "Actor KV Tests",
            "Large Payloads",
            "raw http",
            "raw websocket",
            "Request Access");

    @TempDir
    Path directory;

    @TestFactory
    @Timeout(60 * (MINUTES_MAX + 1))
    Stream<DynamicNode> cases() throws Exception {
        NpmPackages packages = NpmPackages.orSkip("rivetkit", "vitest", "drizzle-orm", "drizzle-kit", "hono", "zod");
        Path suite = suite();
        Path report = directory.resolve("report.json");
        try (MayflyEngine engine = MayflyEngine.start(directory)) {
            run(packages, suite, engine.endpoint(), report);
        }
        return Stream.concat(ran(report), Stream.of(leftOut(suite.resolve("known.json"))));
    }

    private static Path suite() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("checks/npm/driver-suite"))) {
            folder = folder.getParent();
            assertThat(folder).as("the source tree").isNotNull();
        }
        return folder.resolve("checks/npm/driver-suite");
    }

    private void run(NpmPackages packages, Path suite, String endpoint, Path report)
            throws IOException, InterruptedException {
        File output = directory.resolve("suite.log").toFile();
        ProcessBuilder command = new ProcessBuilder(
                packages.node().toString(),
                suite.resolve("run.mjs").toString(),
                "--endpoint",
                endpoint,
                "--report",
                report.toString(),
                "--retries",
                "2",
                "--only",
                String.join("|", SELECTION));
        command.environment().put("MAYFLY_NPM", packages.folder().toString());
        Process process =
                command.redirectErrorStream(true).redirectOutput(output).start();
        boolean ended = process.waitFor(MINUTES_MAX, TimeUnit.MINUTES);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        if (!ended || !Files.isRegularFile(report)) {
            fail((ended ? "no report" : "not through in " + MINUTES_MAX + " minutes") + "\n"
                    + Files.readString(output.toPath()));
        }
    }

    private static Stream<DynamicNode> ran(Path report) {
        Map<String, List<DynamicNode>> groups = new LinkedHashMap<>();
        for (JsonNode file : JSON.readTree(report.toFile()).path("testResults")) {
            for (JsonNode it : file.path("assertionResults")) {
                String status = it.path("status").asString();
                if (status.equals("passed") || status.equals("failed")) {
                    String failure = String.join("\n", strings(it.path("failureMessages")));
                    groups.computeIfAbsent(group(it), _ -> new ArrayList<>())
                            .add(DynamicTest.dynamicTest(
                                    it.path("title").asString(),
                                    () -> assertThat(status).as(failure).isEqualTo("passed")));
                }
            }
        }
        assertThat(groups).as("groups of cases that were run").hasSizeGreaterThanOrEqualTo(SELECTION.size());
        return groups.entrySet().stream().map(it -> DynamicContainer.dynamicContainer(it.getKey(), it.getValue()));
    }

    /** The innermost but for the client, the encoding and what is only a heading. */
    private static String group(JsonNode it) {
        return String.join(
                " / ",
                strings(it.path("ancestorTitles"))
                        .subList(3, it.path("ancestorTitles").size()));
    }

    private static List<String> strings(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }

    private static DynamicNode leftOut(Path known) {
        return DynamicContainer.dynamicContainer(
                "left out",
                JSON.readTree(known.toFile())
                        .valueStream()
                        .map(it -> DynamicTest.dynamicTest(
                                it.path("case").asString(),
                                () -> Assumptions.abort(it.path("reason").asString()))));
    }
}
