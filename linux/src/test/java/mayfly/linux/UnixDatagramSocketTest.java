package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixDatagramSocketTest {
    private static final String SEND = "import os,socket,sys; os.chdir(sys.argv[1]); "
            + "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.sendto(eval(sys.argv[2]),'here.sock')";

    @TempDir
    Path directory;

    private void send(Path where, String python) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: no python3 to send datagrams");
        assertThat(new ProcessBuilder("python3", "-I", "-S", "-c", SEND, where.toString(), python)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void receivesUnderAVeryLongPath() throws Exception {
        Path deep = directory;
        for (int i = 0; i < 10; i++) {
            deep = deep.resolve("a-directory-with-a-long-name-" + i);
        }
        Files.createDirectories(deep);
        assertThat(deep.toString().length()).isGreaterThan(UnixDatagramSocket.SUN_PATH_BYTES);
        try (DirectoryFd fd = DirectoryFd.open(deep);
                UnixDatagramSocket socket = UnixDatagramSocket.bind(fd, "here.sock")) {
            send(deep, "b'hello'");
            send(deep, "b''");
            send(deep, "b'x'*100");
            byte[] buffer = new byte[10];
            assertThat(socket.receive(buffer)).isEqualTo(5);
            assertThat(new String(buffer, 0, 5, StandardCharsets.UTF_8)).isEqualTo("hello");
            assertThat(socket.receive(buffer)).as("an empty datagram is one").isZero();
            assertThat(socket.receive(buffer)).as("a long one is cut").isEqualTo(10);
            assertThat(buffer).containsOnly((byte) 'x');
        }
    }

    @Test
    void closeWakesTheReceiver() throws Exception {
        try (DirectoryFd fd = DirectoryFd.open(directory)) {
            UnixDatagramSocket socket = UnixDatagramSocket.bind(fd, "here.sock");
            CompletableFuture<Integer> received = new CompletableFuture<>();
            Thread receiver = Thread.ofPlatform().start(() -> {
                try {
                    received.complete(socket.receive(new byte[10]));
                } catch (ErrnoException e) {
                    received.completeExceptionally(e);
                }
            });
            org.awaitility.Awaitility.await().until(() -> inPoll(receiver));
            socket.close();
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(-1);
            assertThat(socket.receive(new byte[10])).isEqualTo(-1);
            socket.close();
        }
    }

    private static boolean inPoll(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().endsWith(".Poll"));
    }

    @Test
    void refusals() throws Exception {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> DirectoryFd.open(directory.resolve("missing")))
                .withMessageContaining("ENOENT");
        Path file = Files.createFile(directory.resolve("file"));
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> DirectoryFd.open(file))
                .withMessageContaining("ENOTDIR");
        try (DirectoryFd fd = DirectoryFd.open(directory)) {
            assertThat(Files.isSameFile(fd.entry("file"), file)).isTrue();
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> UnixDatagramSocket.bind(fd, "file"))
                    .withMessage("bind file: EADDRINUSE (98)");
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> UnixDatagramSocket.bind(fd, "x".repeat(100)))
                    .withMessageContaining("ENAMETOOLONG");
        }
    }

    @Test
    void descriptorsAreNotLeaked() throws Exception {
        long before = openDescriptors();
        for (int i = 0; i < 50; i++) {
            Path file = directory.resolve("lock" + i);
            try (DirectoryFd fd = DirectoryFd.open(directory);
                    Flock lock = Flock.tryLock(file).orElseThrow();
                    Pidfd self = Pidfd.open((int) ProcessHandle.current().pid());
                    UnixDatagramSocket socket = UnixDatagramSocket.bind(fd, "s" + i)) {
                assertThat(socket).isNotNull();
                assertThat(Flock.tryLock(file)).isEmpty();
                assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> UnixDatagramSocket.bind(fd, "s0"));
                assertThat(lock).isNotNull();
                assertThat(self.isAlive()).isTrue();
            }
        }
        assertThat(openDescriptors()).isLessThan(before + 25);
    }

    private static long openDescriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
