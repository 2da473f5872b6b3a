package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HelloTest {
    @Test
    void aStaticProgramSaysHello(@TempDir Path dir) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/dev/kvm")), "skipped: /dev/kvm cannot be opened");
        Path source = Files.writeString(dir.resolve("hello.c"), """
                #include <stdio.h>
                int main(int argc, char **argv) { printf("hello %s %d\\n", argv[1], argc); return 7; }
                """);
        Path program = dir.resolve("hello");
        Process gcc = new ProcessBuilder("gcc", "-O1", "-static", "-o", program.toString(), source.toString())
                .inheritIO()
                .start();
        assertThat(gcc.waitFor()).isZero();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Descriptors descriptors = new Descriptors();
        descriptors.set(1, new Output(out::writeBytes), false);
        descriptors.set(2, new Output(out::writeBytes), false);
        Object[] result = new Object[1];
        Thread runner = Thread.ofPlatform().start(() -> {
            try (Kvm kvm = Kvm.open();
                    ThreadSignal signal = ThreadSignal.ofThisThread();
                    VirtualMachine vm = VirtualMachine.boot(
                            kvm,
                            64 << 20,
                            ImageFile.open(program, "/app/hello"),
                            path -> {
                                throw new AssertionError(path);
                            },
                            List.of("hello", "world"),
                            List.of("PATH=/bin"),
                            descriptors)) {
                result[0] = vm.run(signal, Wait.FOREVER);
            } catch (Throwable t) {
                result[0] = t;
                t.printStackTrace();
            }
        });
        runner.join();
        assertThat(result[0]).isEqualTo(new Stop.Exited(7));
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("hello world 2\n");
    }
}
