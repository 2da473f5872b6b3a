package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/** Machines with a static program that reads a request from descriptor 3 and writes the answer there. */
final class ChannelGuest {
    private static final int CHANNEL = 3;
    private static final long MEMORY_BYTES = 64 << 20;

    private ChannelGuest() {}

    /** One that waits for its first request. */
    static VirtualMachine boot(Kvm kvm, ThreadSignal signal, Path program) throws Exception {
        Descriptors descriptors = new Descriptors();
        descriptors.set(CHANNEL, new Channel((_, _) -> {}), false);
        VirtualMachine machine = VirtualMachine.boot(
                kvm,
                MEMORY_BYTES,
                ImageFile.open(program, "/app/program"),
                path -> {
                    throw new AssertionError(path);
                },
                List.of("program"),
                List.of(),
                descriptors);
        assertThat(machine.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Idle.class);
        return machine;
    }

    /** The answer to a request, when the program has written it and before it goes on. */
    static byte[] ask(VirtualMachine machine, ThreadSignal signal, byte[] request) throws Exception {
        Channel channel = (Channel) machine.program().descriptors().get(CHANNEL);
        assertThat(channel).isNotNull();
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        channel.setReceiver((bytes, count) -> {
            answer.write(bytes, 0, count);
            machine.program().stopAfterCall();
        });
        channel.give(request);
        assertThat(machine.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Asked.class);
        return answer.toByteArray();
    }
}
