package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mayfly.linux.Credentials;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls on files in a machine's memory give what they give on a tmpfs of the host. */
class FilesTest {
    @Test
    void callsOnFilesAreTheKernels(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isDirectory(Path.of("/dev/shm")), "skipped: there is no tmpfs at /dev/shm");
        assumeTrue(Credentials.effectiveUid() == 0, "skipped: becoming the machine's user needs root");
        Path scratch = Files.createTempDirectory(Path.of("/dev/shm"), "files");
        try (InputStream code = FilesTest.class.getResourceAsStream("files.c")) {
            Bed.compile(scratch, "program", new String(code.readAllBytes(), StandardCharsets.UTF_8));
            Files.createDirectory(scratch.resolve("here"));
            run("chmod", "755", scratch.toString());
            run("chown", "1000:1000", scratch.resolve("here").toString());
            String host = run(
                    "setpriv",
                    "--reuid=1000",
                    "--regid=1000",
                    "--clear-groups",
                    scratch.resolve("program").toString(),
                    scratch.resolve("here").toString());
            assertThat(inMachine(scratch)).isEqualTo(host);
        } finally {
            run("rm", "-rf", scratch.toString());
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static String inMachine(Path program) throws Exception {
        return Bed.on((kvm, signal) -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (HostView view = new HostView()) {
                view.addDirectory(program, "/app");
                try (VirtualMachine vm = VirtualMachine.boot(
                        kvm,
                        32 << 20,
                        view.tree(32 << 20, 4096),
                        "/app/program",
                        List.of("program", "/tmp"),
                        List.of(),
                        InstalledProgram.descriptors(new byte[0], out))) {
                    assertThat(InstalledProgram.toEnd(vm, signal)).isEqualTo(new Stop.Exited(0));
                }
            }
            return out.toString(StandardCharsets.UTF_8);
        });
    }
}
