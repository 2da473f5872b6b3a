package mayfly.machine.kvm;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A real PostgreSQL on a loopback port that lets everybody in, for as long as a test lasts. */
final class Postgres implements AutoCloseable {
    private final Path home;
    private final Path bin;
    final int port;
    private Process server;

    private Postgres(Path home, Path bin, int port) {
        this.home = home;
        this.bin = bin;
        this.port = port;
    }

    static Postgres start() throws Exception {
        Optional<Path> bin = bin();
        assumeTrue(bin.isPresent(), "skipped: no PostgreSQL server is installed");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Postgres made = new Postgres(Files.createTempDirectory("mayfly-postgres"), bin.orElseThrow(), port);
        made.run(List.of("chown", "65534:65534", made.home.toString()), false);
        String data = made.home.resolve("data").toString();
        made.run(List.of(made.bin("initdb"), "-D", data, "-U", "mayfly", "--auth=trust", "--no-sync"), true);
        made.server = made.builder(
                        List.of(
                                made.bin("postgres"),
                                "-D",
                                data,
                                "-k",
                                made.home.toString(),
                                "-h",
                                "127.0.0.1",
                                "-p",
                                String.valueOf(port)),
                        true)
                .start();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> made.builder(List.of(made.bin("pg_isready"), "-h", "127.0.0.1", "-p", port + ""), false)
                                .start()
                                .waitFor()
                        == 0);
        return made;
    }

    private static Optional<Path> bin() throws IOException {
        Path debian = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(debian)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(debian)) {
            return versions.map(it -> it.resolve("bin"))
                    .filter(it -> Files.isExecutable(it.resolve("postgres")))
                    .findFirst();
        }
    }

    private String bin(String program) {
        return bin.resolve(program).toString();
    }

    private ProcessBuilder builder(List<String> command, boolean unprivileged) throws IOException {
        List<String> whole = new ArrayList<>();
        if (unprivileged && Files.getOwner(Path.of("/proc/self")).getName().equals("root")) {
            whole.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        whole.addAll(command);
        return new ProcessBuilder(whole)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()));
    }

    private void run(List<String> command, boolean unprivileged) throws Exception {
        if (!unprivileged && !Files.getOwner(Path.of("/proc/self")).getName().equals("root")) {
            return;
        }
        if (builder(command, unprivileged).start().waitFor() != 0) {
            throw new IllegalStateException(command + ": " + Files.readString(home.resolve("log")));
        }
    }

    @Override
    public void close() throws IOException {
        server.destroy();
        server.onExit().join();
        try (Stream<Path> files = Files.walk(home)) {
            for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
