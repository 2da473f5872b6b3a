package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import org.junit.jupiter.api.Test;

/** The example of README.md. */
class LibraryTest {
    @Test
    void theExampleOfTheReadmeDoesWhatItSays() throws Exception {
        Bed.needsKvm();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "skipped: no /usr/bin/python3");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bed.on((kvm, signal) -> {
            try (HostView view = HostView.standard()) {
                Descriptors files = new Descriptors();
                files.set(1, new Output(out::writeBytes), false);
                files.set(3, new Channel((bytes, count) -> {}), false);
                VirtualMachine template = VirtualMachine.boot(
                        kvm,
                        256 << 20,
                        view.tree(16 << 20, 1000),
                        "/usr/bin/python3",
                        List.of(
                                "python3",
                                "-c",
                                "import os\nprint('loaded', flush=True)\nwhile True: print(os.read(3, 99), flush=True)"),
                        List.of(),
                        files);
                assertThat(template.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Idle.class);
                try (Snapshot snapshot = template.freeze();
                        VirtualMachine fork = snapshot.fork(kvm)) {
                    for (int i = 0; i < 2; i++) {
                        ((Channel) fork.program().descriptors().get(3)).give("hello".getBytes(StandardCharsets.UTF_8));
                        assertThat(fork.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Idle.class);
                        fork.reset();
                    }
                }
            }
            return null;
        });
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("loaded\nb'hello'\nb'hello'\n");
    }
}
