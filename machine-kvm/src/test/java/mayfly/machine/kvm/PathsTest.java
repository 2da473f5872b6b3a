package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mayfly.linux.Credentials;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.HostView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Paths lead in a machine where they lead in the kernel: random calls on a tree with hostile links, in a machine and, as
 * another user, in a chroot of a tmpfs. /data is read-only in both; EROFS there is EACCES for the kernel's user.
 */
class PathsTest {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int CALLS = 4000;
    private static final String[] NAMES = {
        "a", "b", "c", "file", "up", "loop", "loop2", "self", "abs", "dangling", "root", "deep", "notdir", "dir", "far"
    };
    private static final String[] CALLS_ONE = {
        "stat", "lstat", "stat", "lstat", "readlink", "list", "chdir", "mkdir", "mkdir", "rmdir", "unlink"
    };
    private static final int[] FLAGS = {
        0, 1, 2, 0101, 0102, 0301, 0302, 01001, 01101, 02102, 0200000, 0400000, 0600000, 010000000, 010400000,
        010200000, 0200100, 0400102, 0200001
    };

    private Path root;

    @BeforeEach
    void scratch() throws IOException {
        Bed.needsKvm();
        assumeTrue(Credentials.effectiveUid() == 0, "skipped: chroot(2) needs root");
        assumeTrue(Files.isDirectory(SHARED_MEMORY), "skipped: there is no /dev/shm");
        root = Files.createTempDirectory(SHARED_MEMORY, "paths");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path data = Files.createDirectories(root.resolve("data"));
        Files.createDirectories(root.resolve("tmp"));
        run("chmod", "1777", root.resolve("tmp").toString());
        Files.createDirectories(data.resolve("a/b/c"));
        Files.createDirectories(data.resolve("dir"));
        Files.writeString(data.resolve("file"), "data");
        Files.writeString(data.resolve("a/file"), "a");
        Files.writeString(data.resolve("a/b/file"), "content of b");
        link(data.resolve("up"), "..");
        link(data.resolve("a/up"), "../../../../..");
        link(data.resolve("a/b/up"), "../../up/data/a");
        link(data.resolve("loop"), "loop");
        link(data.resolve("loop2"), "a/loop2");
        link(data.resolve("a/loop2"), "../loop2");
        link(data.resolve("self"), ".");
        link(data.resolve("a/self"), "../a");
        link(data.resolve("abs"), "/data/a/b");
        link(data.resolve("a/abs"), "/tmp");
        link(data.resolve("a/b/abs"), "//data///a/./b/../file");
        link(data.resolve("dangling"), "nowhere");
        link(data.resolve("a/dangling"), "/tmp/dangling");
        link(data.resolve("root"), "/");
        link(data.resolve("a/root"), "/../..");
        link(data.resolve("deep"), "a/b/c/../../b/c");
        link(data.resolve("notdir"), "/data/file/");
        link(data.resolve("a/dir"), "../dir/");
        link(data.resolve("dir/far"), "../a/b/up/self/b/file");
    }

    private static void link(Path at, String target) throws IOException {
        run("ln", "-s", target, at.toString()); // Files would drop slashes at the end and in the middle
    }

    private static void run(String... command) throws IOException {
        try {
            assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @AfterEach
    void remove() throws IOException {
        if (root != null) {
            try (var files = Files.walk(root)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void randomPathsLeadWhereTheKernelSays() throws Exception {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("PathsTest seed " + seed);
        List<String> script = script(new Random(seed));
        List<String> expected = inChroot(script);
        List<String> got = inMachine(script);
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < Math.min(expected.size(), got.size()) && wrong.size() < 20; i++) {
            if (!forgiving(got.get(i)).equals(forgiving(expected.get(i)))) {
                wrong.add(expected.get(i) + ", not " + got.get(i).replaceFirst("^.*: ", ""));
            }
        }
        assertThat(wrong).as("seed " + seed).isEmpty();
        assertThat(got).hasSameSizeAs(expected);
    }

    /** EROFS and EXDEV are EACCES where there is no mount; others' files get no links with fs.protected_hardlinks. */
    private static String forgiving(String line) {
        return line.replaceAll("link (1|18)$", "link 13")
                .replaceAll("^(.*): (\\w+) (30|13|18)$", "$1: $2 refused")
                .replaceAll("(write|read) (30|13) ", "$1 no ");
    }

    private static List<String> script(Random random) {
        List<String> script = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            script.add(
                    switch (random.nextInt(12)) {
                        case 0, 1 ->
                            "open\t" + path(random) + "\t" + Integer.toOctalString(FLAGS[random.nextInt(FLAGS.length)]);
                        case 2 -> "rename\t" + path(random) + "\t" + path(random);
                        case 3 ->
                            random.nextBoolean()
                                    ? "link\t" + path(random) + "\t" + path(random)
                                    : "symlink\t" + path(random) + "\t" + path(random);
                        case 4 -> "truncate\t" + path(random) + "\t" + random.nextInt(10);
                        case 5 -> "access\t" + path(random) + "\t" + random.nextInt(8);
                        case 6 -> "statat\t" + path(random) + "\t" + (random.nextBoolean() ? 0x100 : 0);
                        default -> CALLS_ONE[random.nextInt(CALLS_ONE.length)] + "\t" + path(random);
                    });
        }
        return script;
    }

    private static String path(Random random) {
        StringBuilder path = new StringBuilder(
                switch (random.nextInt(10)) {
                    case 0, 1, 2, 3 -> "/tmp/";
                    case 4, 5 -> "/data/";
                    case 6 -> "/";
                    case 7 -> "//data//";
                    default -> "";
                });
        int components = random.nextInt(5);
        for (int i = 0; i < components; i++) {
            path.append(
                    switch (random.nextInt(14)) {
                        case 0, 1 -> "..";
                        case 2 -> ".";
                        case 3 -> random.nextInt(20) == 0 ? "n".repeat(254 + random.nextInt(3)) : "";
                        default -> NAMES[random.nextInt(NAMES.length)];
                    });
            path.append(i < components - 1 || random.nextInt(6) == 0 ? "/" : "");
        }
        return path.toString();
    }

    private Path program() throws Exception {
        Path directory = Files.createDirectories(root.resolve("program"));
        try (InputStream code = PathsTest.class.getResourceAsStream("paths.c")) {
            Bed.compile(directory, "program", new String(code.readAllBytes(), StandardCharsets.UTF_8));
        }
        return directory;
    }

    private List<String> inChroot(List<String> script) throws Exception {
        Process process = new ProcessBuilder(program().resolve("program").toString(), root.toString())
                .redirectErrorStream(true)
                .redirectInput(Files.write(root.resolve("script"), script).toFile())
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return numbered(script, output);
    }

    private List<String> inMachine(List<String> script) throws Exception {
        Path program = root.resolve("program");
        try (Kvm kvm = Kvm.open();
                HostView view = new HostView()) {
            view.addDirectory(program, "/app");
            view.addDirectory(root.resolve("data"), "/data");
            byte[] input = (String.join("\n", script) + "\n").getBytes(StandardCharsets.UTF_8);
            Output output = new Output();
            Thread runner = Thread.ofPlatform().start(() -> output.run(kvm, view, input));
            runner.join();
            assertThat(output.trouble).isNull();
            return numbered(script, output.text.toString(StandardCharsets.UTF_8));
        }
    }

    /** Each line of output behind the call that printed it. */
    private static List<String> numbered(List<String> script, String output) {
        List<String> lines = new ArrayList<>();
        int call = 0;
        for (String line : output.lines().toList()) {
            String asked = line.startsWith("at ") ? "at" : call < script.size() ? script.get(call++) : "end";
            lines.add(call + " " + asked.replace("\t", " ") + ": " + line);
        }
        return lines;
    }

    /** What a machine printed. */
    private static final class Output {
        final java.io.ByteArrayOutputStream text = new java.io.ByteArrayOutputStream();
        volatile Throwable trouble;

        void run(Kvm kvm, HostView view, byte[] input) {
            try (ThreadSignal signal = ThreadSignal.ofThisThread();
                    VirtualMachine vm = VirtualMachine.boot(
                            kvm,
                            32 << 20,
                            view.tree(16 << 20, 4096),
                            "/app/program",
                            List.of("program"),
                            List.of(),
                            InstalledProgram.descriptors(input, text))) {
                assertThat(InstalledProgram.toEnd(vm, signal)).isEqualTo(new mayfly.machine.kvm.program.Stop.Exited(0));
            } catch (Throwable t) {
                trouble = t;
            }
        }
    }
}
