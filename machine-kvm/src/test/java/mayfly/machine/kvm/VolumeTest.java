package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories of the host that machines change. */
class VolumeTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Evaluates what a line says, in a program that had a file of the volume open when it was frozen. */
    private static final String EVALUATOR = """
            import errno, fcntl, os, socket, sqlite3, stat
            log = open("/data/log", "a")
            def tell(work):
                try:
                    return repr(work())
                except OSError as e:
                    return errno.errorcode[e.errno]
            def write(path, text):
                with open(path, "w") as f:
                    f.write(text)
                    f.flush()
                    os.fsync(f.fileno())
            def read(path):
                with open(path) as f:
                    return f.read()
            def visit():
                base = sqlite3.connect("/data/visits.db", timeout=30)
                with base:
                    base.execute("create table if not exists visits (n integer primary key, who text)")
                    base.execute("insert into visits (who) values ('somebody')")
                    return base.execute("select count(*) from visits").fetchone()[0]
            def note(text):
                log.write(text)
                log.flush()
                os.fsync(log.fileno())
                return os.fstat(log.fileno()).st_size
            server = socket.create_server(("127.0.0.1", 8000))
            while True:
                connection, _ = server.accept()
                line = connection.makefile().readline()
                connection.sendall(tell(lambda: eval(line)).encode())
                connection.close()
            """;

    @TempDir
    Path directory;

    private Path data;
    private Path outside;

    @BeforeEach
    void directories() throws IOException {
        Bed.needsKvm();
        data = Files.createDirectories(directory.resolve("data"));
        outside = Files.createDirectories(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createDirectories(directory.resolve("code"));
        Files.writeString(directory.resolve("code/app.py"), EVALUATOR);
    }

    private ServiceSpec spec(boolean shared, String... program) {
        return new ServiceSpec(
                "volume@1",
                List.of(program),
                Map.of(),
                directory.resolve("code").toString(),
                new Reach(List.of(directory.resolve("code")), List.of(new Reach.Volume(data, "/data")), List.of()),
                shared,
                0,
                0,
                256 << 20,
                shared ? 16 : 4,
                Duration.ofSeconds(20));
    }

    private static String ask(ServedTemplate served, String expression) throws IOException {
        try (Socket socket = served.connect()) {
            socket.getOutputStream().write((expression + "\n").getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whatIsWrittenStaysAndIsTheHosts() throws Exception {
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(false, "/usr/bin/python3", "app.py"));
                ServedTemplate served = new ServedTemplate(template, LIMIT)) {
            assertThat(ask(served, "write('/data/a', 'one')")).isEqualTo("None");
            assertThat(data.resolve("a")).hasContent("one");
            assertThat(ask(served, "read('/data/a')")).isEqualTo("'one'"); // another machine's state, the same file
            assertThat(ask(served, "os.mkdir('/data/d')")).isEqualTo("None");
            assertThat(ask(served, "os.rename('/data/a', '/data/d/b')")).isEqualTo("None");
            assertThat(data.resolve("d/b")).hasContent("one");
            assertThat(ask(served, "sorted(os.listdir('/data'))")).isEqualTo("['d', 'log']");
            assertThat(ask(served, "os.truncate('/data/d/b', 1)")).isEqualTo("None");
            assertThat(ask(served, "os.stat('/data/d/b').st_size")).isEqualTo("1");
            assertThat(ask(served, "os.stat('/data/d/b').st_uid")).isEqualTo("1000");
            assertThat(ask(served, "os.chmod('/data/d/b', 0o640)")).isEqualTo("None");
            assertThat(ask(served, "oct(os.stat('/data/d/b').st_mode)")).isEqualTo("'0o100640'");
            assertThat(ask(served, "os.rmdir('/data/d')")).isEqualTo("ENOTEMPTY");
            assertThat(ask(served, "os.unlink('/data/d/b')")).isEqualTo("None");
            assertThat(ask(served, "os.rmdir('/data/d')")).isEqualTo("None");
            assertThat(ask(served, "os.stat('/data/d')")).isEqualTo("ENOENT");
            // what was open when the program was frozen is the same file
            assertThat(ask(served, "note('first ')")).isEqualTo("6");
            assertThat(ask(served, "note('second')")).isEqualTo("12");
            assertThat(data.resolve("log")).hasContent("first second");
            String lock = "fcntl.lockf(log, fcntl.LOCK_EX | fcntl.LOCK_NB)";
            String holder = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX);"
                    + " print('held', flush=True); sys.stdin.read()";
            Process host = new ProcessBuilder(
                            "/usr/bin/python3",
                            "-c",
                            holder,
                            data.resolve("log").toString())
                    .start();
            assertThat(host.inputReader().readLine()).isEqualTo("held");
            assertThat(ask(served, lock)).isEqualTo("EAGAIN");
            host.getOutputStream().close();
            assertThat(host.waitFor()).isZero();
            assertThat(ask(served, lock)).isEqualTo("None");
            Files.delete(data.resolve("log"));
            Files.writeString(data.resolve("kept"), "");
            Files.writeString(data.resolve("log"), "another");
            assertThat(ask(served, "note('third')")).isEqualTo("ESTALE");
        }
    }

    @Test
    void nothingOutsideIsReached() throws Exception {
        Files.createSymbolicLink(data.resolve("link"), outside.resolve("secret"));
        Files.createSymbolicLink(data.resolve("up"), Path.of("../outside"));
        Files.createSymbolicLink(data.resolve("etc"), Path.of("/etc"));
        Files.createLink(data.resolve("hard"), outside.resolve("secret"));
        assertThat(new ProcessBuilder("mkfifo", data.resolve("pipe").toString())
                        .start()
                        .waitFor())
                .isZero();
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(false, "/usr/bin/python3", "app.py"));
                ServedTemplate served = new ServedTemplate(template, LIMIT)) {
            assertThat(ask(served, "read('/data/link')")).isEqualTo("ENOENT"); // as the guest's own paths have it
            assertThat(ask(served, "read('/data/up/secret')")).isEqualTo("ENOENT");
            assertThat(ask(served, "read('/data/../outside/secret')")).isEqualTo("ENOENT");
            assertThat(ask(served, "read('/data/etc/shadow')")).isIn("ENOENT", "EACCES");
            assertThat(ask(served, "read('/data/hard')")).isEqualTo("EACCES");
            assertThat(ask(served, "write('/data/hard', 'x')")).isEqualTo("EACCES");
            assertThat(ask(served, "os.chmod('/data/hard', 0o777)")).isEqualTo("EACCES");
            assertThat(ask(served, "read('/data/pipe')")).isEqualTo("ENXIO");
            assertThat(ask(served, "write('/data/link', 'x')")).isIn("ENOENT", "EACCES", "EROFS");
            assertThat(ask(served, "os.symlink('/etc/passwd', '/data/s')")).isEqualTo("EPERM");
            assertThat(ask(served, "os.link('/data/log', '/data/l')")).isEqualTo("EPERM");
            assertThat(ask(served, "os.mkfifo('/data/p')")).isEqualTo("EPERM");
            assertThat(ask(served, "os.mknod('/data/n', 0o20666, 1 << 8 | 3)")).isEqualTo("EPERM");
            assertThat(ask(served, "os.rename('/data/log', '/tmp/log')")).isEqualTo("EXDEV");
            assertThat(ask(served, "os.rename('/data/log', '/data/../log')")).isNotEqualTo("None");
            assertThat(ask(served, "os.rename('/data', '/gone')")).isNotEqualTo("None");
            assertThat(ask(served, "os.rmdir('/data')")).isNotEqualTo("None");
            assertThat(ask(served, "os.truncate('/data/log', 1 << 60)")).isEqualTo("EFBIG");
            assertThat(outside.resolve("secret")).hasContent("secret");
        }
    }

    @Test
    void sqliteOfManyMachinesLosesNoRow() throws Exception {
        try (KvmDriver driver = KvmDriver.open(directory, Map.of());
                Template template = driver.boot(spec(false, "/usr/bin/python3", "app.py"));
                ServedTemplate served = new ServedTemplate(template, LIMIT)) {
            assertThat(ask(served, "visit()")).isEqualTo("1");
            List<CompletableFuture<String>> visits = IntStream.range(0, 12)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(() -> {
                        try {
                            return ask(served, "visit()");
                        } catch (IOException e) {
                            return e.toString();
                        }
                    }))
                    .toList();
            visits.forEach(each -> assertThat(each.join()).as(served::printed).matches("\\d+"));
            assertThat(ask(served, "visit()")).isEqualTo("14");
        }
    }

    @Test
    void redisFindsItsDataAfterItsMachineIsGone() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "skipped: redis-server is not installed");
        ServiceSpec spec = spec(true, "/usr/bin/redis-server", "--appendonly", "yes", "--save", "", "--dir", "/data");
        try (KvmDriver driver = KvmDriver.open(directory, Map.of())) {
            for (int life = 1; life <= 3; life++) {
                try (Template template = driver.boot(spec);
                        ServedTemplate served = new ServedTemplate(template, LIMIT)) {
                    assertThat(redis(served, "incr", "lives")).isEqualTo(life + "\n");
                    await().untilAsserted(() -> assertThat(served.ends()).hasSize(1));
                }
            }
        }
        assertThat(data.resolve("appendonlydir")).isDirectory();
    }

    private static String redis(ServedTemplate served, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/redis-cli", "-p", String.valueOf(served.port)));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
