package mayfly.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that has no file descriptor left for the next connection. */
class OutOfFilesTest {
    @Test
    void servesAgainWhenFilesAreFree(@TempDir Path dir) throws Exception {
        Path log = dir.resolve("log");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "ulimit -n 64 && exec \"$@\"",
                        "bash",
                        java,
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FewFilesServer.class.getName())
                .redirectError(log.toFile())
                .start();
        List<Socket> sockets = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            int port = Integer.parseInt(out.readLine());
            // Classes come from a directory here, and each needs a file; one client first brings in those that matter.
            try (RawClient client = new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                assertThat(client.get("/").status()).isEqualTo(200);
                client.socket.shutdownOutput();
                assertThat(client.atEnd()).isTrue();
            }
            for (int i = 0; i < 120; i++) {
                sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            // Not the log: a server without a free descriptor may be unable to write it.
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> openFiles(process) >= 64);
            for (Socket socket : sockets) {
                socket.close();
            }
            try (RawClient client = new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                assertThat(client.get("/").status()).as(() -> read(log)).isEqualTo(200);
            }
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
            process.destroy();
            process.waitFor();
        }
    }

    private static long openFiles(Process process) throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return files.count();
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
