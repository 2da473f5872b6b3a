package mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a tree of its own, with a JDK and a Maven that only write down that they were called. */
class LauncherTest {
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final String FAKE_JAVA = """
            #!/bin/bash
            case "$*" in *AOTCacheOutput*) exit 0 ;; esac
            [[ -e hold ]] && { : >held; while [[ -e hold ]]; do sleep 0.02; done; }
            echo "in $PWD:" "${@: -2}"
            """;
    private static final String FAKE_MAVEN = """
            #!/bin/bash
            echo build >>"$TREE/calls"
            echo "[INFO] Building app 0.1 [1/1]"
            if [[ -e $TREE/broken ]]; then
                cat "$TREE/broken"
                exit 1
            fi
            mkdir -p "$TREE/app/target/lib"
            : >"$TREE/app/target/lib/x.jar"
            : >"$TREE/app/target/app-0.1.jar"
            for module in runner-java runner-protocol; do
                mkdir -p "$TREE/$module/target"
                : >"$TREE/$module/target/$module-0.1.jar"
            done
            """;

    @TempDir
    Path temp;

    private Path tree;

    @BeforeEach
    void makeTree() throws IOException {
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
        tree = Files.createDirectories(temp.resolve("a tree"));
        Files.copy(REPOSITORY.resolve("mayfly"), tree.resolve("mayfly"), StandardCopyOption.COPY_ATTRIBUTES);
        write("pom.xml", "");
        write("app/pom.xml", "");
        write("app/src/main/java/A.java", "");
        write("app/src/main/java/B.java", "");
        write("cli/src/main/resources/mayfly/cli/help.txt", "the help\n");
        write("jdk/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.3\"\n");
        script("jdk/bin/java", FAKE_JAVA);
        script("jdk/bin/javac", FAKE_JAVA);
        script("bin/mvn", FAKE_MAVEN);
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.toList()) { // older than the build, whatever the clock's resolution
                Files.setLastModifiedTime(path, FileTime.from(Instant.now().minusSeconds(3600)));
            }
        }
    }

    @Test
    void buildsOnlyWhenSourcesChanged() throws Exception {
        assertThat(launch("ls", "x").output()).contains("building 1/1 app", "in " + tree + ": ls x");
        assertThat(launch("ls", "x").output()).doesNotContain("building").contains("ls x");
        assertThat(builds()).isEqualTo(1);

        Files.setLastModifiedTime(tree.resolve("app/src/main/java/A.java"), FileTime.from(Instant.now()));
        launch("ls");
        assertThat(builds()).isEqualTo(2);

        Files.delete(tree.resolve("app/src/main/java/B.java"));
        launch("ls");
        assertThat(builds()).as("a file is gone").isEqualTo(3);

        write("jdk/release", "JAVA_VERSION=\"26\"\n");
        launch("ls");
        assertThat(builds()).as("another JDK").isEqualTo(4);
    }

    @Test
    void worksThroughALinkAndFromElsewhere() throws Exception {
        Path link = Files.createSymbolicLink(temp.resolve("link"), tree.resolve("mayfly"));
        Ran ran = finish(start(temp, link.toString(), "ls", "a b"));
        assertThat(ran.output()).contains("in " + temp + ": ls a b");
    }

    @Test
    void helpNeedsNothing() throws Exception {
        Files.delete(tree.resolve("jdk/release"));
        assertThat(launch("help").output()).isEqualTo("the help\n");
        assertThat(launch().output()).isEqualTo("the help\n");
    }

    @Test
    void aBrokenBuildShowsTheCompilersWords() throws Exception {
        write("broken", "[ERROR] " + tree + "/app/src/main/java/A.java:[3,5] ';' expected\n");
        Ran ran = launch("ls");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.output()).contains("app/src/main/java/A.java:[3,5] ';' expected", "build.log");
        write("broken", "\u001b[0m[ERROR] no home -> [Help 1]\n[ERROR] long story\n");
        assertThat(launch("ls").output()).contains("no home\n").doesNotContain("long story");
        Files.delete(tree.resolve("broken"));
        assertThat(launch("ls").code()).isZero();
    }

    @Test
    void twoAtOnceBuildOnce() throws Exception {
        Process first = start(tree, tree.resolve("mayfly").toString(), "ls");
        Process second = start(tree, tree.resolve("mayfly").toString(), "ls");
        assertThat(finish(first).code()).isZero();
        assertThat(finish(second).code()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void aBuildThatIsInUseIsKept() throws Exception {
        write("hold", "");
        Process running = start(tree, tree.resolve("mayfly").toString(), "up");
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(tree.resolve("held")));
        Files.setLastModifiedTime(tree.resolve("app/src/main/java/A.java"), FileTime.from(Instant.now()));
        launch("build");
        assertThat(distributions()).as("the one that runs, and the new one").hasSize(2);
        Files.delete(tree.resolve("hold"));
        assertThat(finish(running).code()).isZero();
        Files.setLastModifiedTime(
                tree.resolve("app/src/main/java/A.java"),
                FileTime.from(Instant.now().plusSeconds(2)));
        launch("build");
        assertThat(distributions()).as("nobody uses the others").hasSize(1);
    }

    @Test
    void whatIsMissingIsNamedWithItsPackage() throws Exception {
        Path few = Files.createDirectories(temp.resolve("few"));
        for (String command : List.of("bash", "readlink", "id", "find", "date", "cat")) {
            Files.createSymbolicLink(
                    few.resolve(command), Path.of("/usr/bin/" + command).toRealPath());
        }
        ProcessBuilder builder = builder(tree, tree.resolve("mayfly").toString(), "ls");
        builder.environment().put("PATH", few.toString());
        Ran ran = finish(builder.start());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.output())
                .contains("mvn is missing", "'apt-get install maven'", "make is missing", "gcc is missing");
    }

    @Test
    void aTreeThatCannotBeWrittenIsNamed() throws Exception {
        List<String> command = new ArrayList<>();
        if (Files.isWritable(Path.of("/proc/self/oom_score_adj")) && "root".equals(System.getProperty("user.name"))) {
            Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "setpriv is not installed");
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        command.addAll(List.of(tree.resolve("mayfly").toString(), "ls"));
        Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("r-xr-xr-x"));
        Ran ran = finish(start(tree, command.toArray(String[]::new)));
        Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.output()).contains("target is not writable by");
    }

    @Test
    void testCountsAreAddedUp() throws Exception {
        Path log = Files.writeString(
                temp.resolve("log"),
                "[INFO] Tests run: 9\nmonitor: 5 passed, 0 failed, 1 skipped\n2 passed, 0 failed\nok\n");
        Path good = Files.writeString(temp.resolve("a.xml"), """
                <testsuite name="A" time="1" tests="4" errors="0" skipped="2" failures="0">
                  <testcase name="one" classname="mayfly.A" time="0.1"/>
                  <testcase name="two" classname="mayfly.A"><skipped message="no &quot;KVM&quot; here"/></testcase>
                  <testcase name="three" classname="mayfly.A">
                    <skipped type="org.Aborted"><![CDATA[org.Aborted: Assumption failed: no package: x
                	at org.junit
                """);
        Ran ran = count(0, log, good);
        assertThat(ran.code()).isZero();
        assertThat(ran.output()).isEqualTo("""
                        skipped  mayfly.A.two: no "KVM" here
                        skipped  mayfly.A.three: no package: x
                        9 passed, 0 failed, 3 skipped
                        """);

        Path bad = Files.writeString(temp.resolve("b.xml"), """
                <testsuite name="B" tests="2" errors="1" skipped="0" failures="1">
                  <testcase name="x" classname="mayfly.B"><failure message="&#10;Expected &lt;1&gt;&#10;more" type="T">at
                """);
        ran = count(0, log, good, bad);
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.output())
                .contains("FAILED   mayfly.B.x: Expected <1> more\n")
                .endsWith("9 passed, 2 failed, 3 skipped\n");

        assertThat(count(1, log, good).output()).endsWith("9 passed, 1 failed, 3 skipped\n");
        assertThat(count(0, Files.writeString(log, "")).code())
                .as("no test is no success")
                .isEqualTo(1);
    }

    private Ran count(int mavenCode, Path... files) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "awk",
                "-v",
                "code=" + mavenCode,
                "-f",
                REPOSITORY.resolve(".ci/count-tests.awk").toString()));
        Stream.of(files).map(Path::toString).forEach(command::add);
        return finish(start(temp, command.toArray(String[]::new)));
    }

    private record Ran(int code, String output) {}

    private Ran launch(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(tree.resolve("mayfly").toString()));
        command.addAll(List.of(arguments));
        return finish(start(tree, command.toArray(String[]::new)));
    }

    private Process start(Path directory, String... command) throws IOException {
        return builder(directory, command).start();
    }

    private ProcessBuilder builder(Path directory, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("MAYFLY_"));
        environment.put("MAYFLY_JDK", tree.resolve("jdk").toString());
        environment.put("TREE", tree.toString());
        environment.put("PATH", tree.resolve("bin") + ":" + environment.get("PATH"));
        return builder;
    }

    private static Ran finish(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Ran(process.exitValue(), output);
    }

    private int builds() throws IOException {
        return Files.readAllLines(tree.resolve("calls"), StandardCharsets.UTF_8).size();
    }

    private List<Path> distributions() throws IOException {
        try (Stream<Path> all = Files.list(tree.resolve("target/dist"))) {
            return all.toList();
        }
    }

    private void write(String file, String text) throws IOException {
        Path path = tree.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void script(String file, String text) throws IOException {
        write(file, text);
        Files.setPosixFilePermissions(tree.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
