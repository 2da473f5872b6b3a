package mayfly.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real PostgreSQL for tests: its own cluster in a temporary directory, fsync on, on a free loopback port, run as an
 * unprivileged user when we are root. It ends with this JVM, however that ends: a shell holds our pipe and stops the
 * server when the pipe closes. Depends on nothing else of these tests.
 */
public final class PostgresServer implements AutoCloseable {
    private static final String USER = "mayfly";
    private static final String PASSWORD = "p@ss:w/rd%?#";
    private static final String PASSWORD_ENCODED = "p%40ss%3Aw%2Frd%25%3F%23";
    /** Background commands have no standard input of their own, hence the copy. */
    private static final String UNTIL_OUR_PIPE_CLOSES =
            "exec 3<&0; \"$@\" 3<&- & p=$!; (read -r _ <&3; kill -INT $p 2>/dev/null) & wait $p";

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static PostgresServer shared;

    private final Path bin;
    private final Path home;
    private final int port;
    private Process shell;

    private PostgresServer(Path bin, Path home, int port) {
        this.bin = bin;
        this.home = home;
        this.port = port;
    }

    /** The one server of this JVM, started at the first call; skips the calling test where none is installed. */
    public static synchronized PostgresServer shared() throws Exception {
        Optional<Path> bin = installed();
        assumeTrue(bin.isPresent(), "no PostgreSQL server (initdb, postgres) is installed: apt-get install postgresql");
        if (shared == null) {
            shared = start(bin.get());
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        return shared;
    }

    private static Optional<Path> installed() throws IOException {
        List<Path> candidates = new ArrayList<>();
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.sorted(Comparator.comparing((Path v) -> v.getFileName().toString())
                                .reversed())
                        .forEach(version -> candidates.add(version.resolve("bin")));
            }
        }
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            candidates.add(Path.of(directory));
        }
        return candidates.stream()
                .filter(bin -> Files.isExecutable(bin.resolve("initdb")) && Files.isExecutable(bin.resolve("postgres")))
                .findFirst();
    }

    private static PostgresServer start(Path bin) throws Exception {
        Path home = Files.createTempDirectory("mayfly-postgres");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        PostgresServer server = new PostgresServer(bin, home, port);
        Path password = Files.writeString(home.resolve("password"), PASSWORD);
        if (isRoot()) {
            run(List.of("chown", "-R", "65534:65534", home.toString()));
        }
        run(server.unprivileged(
                bin.resolve("initdb").toString(),
                "--pgdata=" + home.resolve("data"),
                "--username=" + USER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
        server.start();
        return server;
    }

    /** Starts it (again) and waits until it answers. */
    public synchronized void start() throws Exception {
        launch();
        Awaitility.await("PostgreSQL answers, else see " + home.resolve("log"))
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(100))
                .until(this::answers);
    }

    private void launch() throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", UNTIL_OUR_PIPE_CLOSES, "sh"));
        command.addAll(unprivileged(
                bin.resolve("postgres").toString(),
                "-D",
                home.resolve("data").toString(),
                "-k",
                home.toString(),
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-c",
                "fsync=on",
                "-c",
                "max_connections=40"));
        shell = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
                .start();
    }

    private boolean answers() throws IOException {
        if (!shell.isAlive()) {
            // After a kill it refuses to start until the last process of its former life has noticed.
            launch();
        }
        try (Connection connection = connect("postgres")) {
            return connection.isValid(5);
        } catch (SQLException notYet) {
            return false;
        }
    }

    /** What the server wrote. */
    public String log() {
        try {
            return Files.readString(home.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Kill -9 of the postmaster; its children notice and end by themselves. */
    public synchronized void kill() throws Exception {
        String first = Files.readAllLines(home.resolve("data/postmaster.pid")).getFirst();
        ProcessHandle postmaster =
                ProcessHandle.of(Long.parseLong(first.strip())).orElseThrow();
        List<ProcessHandle> children = postmaster.children().toList();
        postmaster.destroyForcibly();
        endShell();
        for (ProcessHandle child : children) {
            child.onExit().get(60, TimeUnit.SECONDS);
        }
    }

    private void endShell() throws Exception {
        shell.getOutputStream().close();
        if (!shell.waitFor(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("PostgreSQL does not stop: " + log());
        }
    }

    /** A new, empty database, sorted by a human language's rules unless the server cannot. */
    public String newDatabase() throws SQLException {
        String name = "test" + DATABASES.incrementAndGet();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            try {
                statement.execute("CREATE DATABASE " + name
                        + " TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
            } catch (SQLException noIcu) {
                statement.execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
            }
        }
        return name;
    }

    /** For the store. */
    public String url(String database) {
        return "postgresql://" + USER + ":" + PASSWORD_ENCODED + "@127.0.0.1:" + port + "/" + database;
    }

    /** Straight to the database, past the store. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER, PASSWORD);
    }

    private List<String> unprivileged(String... command) {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        all.addAll(Arrays.asList(command));
        return all;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static void run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
        }
    }

    /** Stops it and deletes its files. */
    @Override
    public synchronized void close() {
        try {
            endShell();
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("stopping PostgreSQL in " + home, e);
        }
    }
}
