package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import mayfly.checks.rest.ChildNode;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that cannot start: each says in one sentence what is wrong, where, and what to do, and changes nothing. */
class StartFaultsTest {
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_USAGE = 2;

    @TempDir
    Path directory;

    private ChildNode.Launch launch() {
        return ChildNode.at(directory.resolve("data"));
    }

    private static void refused(ChildNode.Launch launch, int exitCode, String... words) throws Exception {
        ChildNode.Refused refused = launch.refused();
        assertThat(List.of(words)).as("in: %s", refused.message()).allMatch(refused.message()::contains);
        assertThat(refused.message()).startsWith("mayfly: ").doesNotContain("\tat ");
        assertThat(refused.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void aPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            refused(launch().flag("listen", address), EXIT_FAILED, address, "another process", "choose another port");
        }
    }

    @Test
    void aSecondNodeOnOneDataDirectory() throws Exception {
        try (ChildNode first = launch().start()) {
            refused(launch(), EXIT_FAILED, first.data().toString(), "another node", "--data");
            assertThat(first.rest().healthy()).isTrue();
            assertThat(first.rest()
                            .taskEnded(first.rest().started(Map.of(), "true"))
                            .field("status"))
                    .isEqualTo("succeeded");
        }
        launch().start().close();
    }

    @Test
    void dataOfANewerMayfly() throws Exception {
        launch().start().close();
        Path version = directory.resolve("data").resolve("VERSION");
        String layout = Files.readString(version);
        Files.writeString(version, "999\n");
        refused(launch(), EXIT_FAILED, "999", "newer", "upgrade");
        Files.writeString(version, "what?\n");
        refused(launch(), EXIT_FAILED, "VERSION", "what?");
        Files.writeString(version, layout);
        Path store = directory.resolve("data").resolve("store.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + store);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO migrations (version, name, checksum) VALUES (999, 'later', 'x')");
        }
        refused(launch(), EXIT_FAILED, "999", "newer");
    }

    @Test
    void aStoreThatIsNoStore() throws Exception {
        launch().start().close();
        Path data = directory.resolve("data");
        Files.deleteIfExists(data.resolve("store.db-wal"));
        Files.deleteIfExists(data.resolve("store.db-shm"));
        Files.writeString(
                data.resolve("store.db"), "this is not a database, and long enough to be looked at\n".repeat(100));
        refused(launch(), EXIT_FAILED, "store.db");
        assertThat(Files.readString(data.resolve("store.db"))).startsWith("this is not");
    }

    @Test
    void configurationThatIsNotKnown() throws Exception {
        Path file = directory.resolve("mayfly.toml");
        Files.writeString(file, "lisen = \"127.0.0.1:0\"\n[pool]\nidle_second = 5\nhealth_seconds = \"x\"\n");
        refused(
                launch().flag("config", file.toString()),
                EXIT_USAGE,
                "lisen",
                "listen",
                "idle_second",
                "idle_seconds",
                "health_seconds");
        refused(launch().env("MAYFLY_POOL_IDLE_SECONDS", "soon"), EXIT_USAGE, "MAYFLY_POOL_IDLE_SECONDS");
        refused(launch().flag("listen", "0.0.0.0:0"), EXIT_USAGE, "token");
        refused(launch().flag("listen", "nowhere"), EXIT_USAGE, "HOST:PORT");
        refused(launch().flag("config", directory.resolve("none.toml").toString()), EXIT_USAGE, "none.toml");
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void aDataDirectoryThatCannotBeUsed() throws Exception {
        Path file = directory.resolve("file");
        Files.writeString(file, "x");
        refused(ChildNode.at(file), EXIT_FAILED, file.toString(), "--data");
        refused(ChildNode.at(file.resolve("data")).log(directory.resolve("log")), EXIT_FAILED, file.toString());
    }

    /** A runtime that is missing is told at deployment, by its name; everything else works. */
    @Test
    void aRuntimeThatIsNotInstalled() throws Exception {
        try (ChildNode node = launch().setting("python", "/no/such/python3").start()) {
            Rest rest = node.rest();
            var reply = rest.deploy("f", "def handler(event): pass\n", Map.of());
            assertThat(reply.code()).as("%s", reply).isEqualTo("runtime.missing");
            assertThat(reply.detail()).contains("/no/such/python3");
            assertThat(rest.get("/api/v1/doctor").text()).contains("/no/such/python3");
            assertThat(rest.taskEnded(rest.started(Map.of(), "true")).field("status"))
                    .isEqualTo("succeeded");
        }
    }

    /** Functions that a new configuration cannot load are listed and can be deleted. */
    @Test
    void functionsThatCannotBeLoadedAnyMore() throws Exception {
        ChildNode node = launch().start().requireSandboxes();
        node.rest().deployed("f", "def handler(event): return 1\n", Map.of("min_warm", 1));
        node.rest().deployed("g", "def handler(event): return 1\n", Map.of());
        node.close();
        try (ChildNode again = launch().setting("python", "/no/such/python3").start()) {
            Rest rest = again.rest();
            assertThat(rest.get("/api/v1/functions").json().path("items").size())
                    .isEqualTo(2);
            var called = rest.invoke("g", 1);
            assertThat(called.status()).as("%s", called).isBetween(400, 599);
            assertThat(called.detail()).contains("/no/such/python3");
            rest.remove("f");
            rest.remove("g");
        }
        try (ChildNode last = launch().start()) {
            assertThat(last.rest().get("/api/v1/functions").json().path("items").size())
                    .isZero();
        }
    }
}
