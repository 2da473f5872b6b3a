package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/**
 * A forked machine with a program that waits for the number of an attack, makes it, and says "ok" when it is still there.
 * After each attack it is reset and must be as before.
 */
final class Victim implements AutoCloseable {
    /** What the attacks' source is put into: {@code attack(n, argument)} is theirs. */
    private static final String FRAME = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <pthread.h>
            #include <sched.h>
            #include <signal.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            static long arg;
            #line 1 "attacks"
            %s
            #line 1 "frame"
            static int asked;
            int main(void) {
                for (;;) {
                    long in[2] = {-1, 0};
                    if (read(3, in, sizeof in) != sizeof in) return 77;
                    if (asked++) return 78; /* the reset left something */
                    arg = in[1];
                    if (in[0] >= 0) attack(in[0]);
                    if (write(3, "ok", 2) != 2) return 79;
                }
            }
            """;

    private static final long FILE_BYTES = 2 << 20;
    private static final int FILES_MAX = 256;

    private final ThreadSignal signal;
    private final HostView view;
    private final Snapshot snapshot;
    private final VirtualMachine machine;
    private String said = "";

    private Victim(ThreadSignal signal, HostView view, Snapshot snapshot, VirtualMachine machine) {
        this.signal = signal;
        this.view = view;
        this.snapshot = snapshot;
        this.machine = machine;
    }

    static Path compile(Path directory, String name, String attacks) throws IOException, InterruptedException {
        // programs are another user than the one who owns the directory
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Bed.compile(directory, name, FRAME.replace("%s", attacks), "-w", "-fno-stack-protector", "-pthread");
    }

    /** In a machine that sees only the program's directory, as /app. */
    static Victim start(Kvm kvm, ThreadSignal signal, Path program, long memoryBytes) throws Exception {
        Descriptors descriptors = new Descriptors();
        descriptors.set(1, new Output(_ -> {}), false);
        descriptors.set(2, new Output(_ -> {}), false);
        descriptors.set(3, new Channel((_, _) -> {}), false);
        HostView view = new HostView();
        view.addDirectory(program.getParent(), "/app");
        VirtualMachine template = VirtualMachine.boot(
                kvm,
                memoryBytes,
                view.tree(FILE_BYTES, FILES_MAX),
                "/app/" + program.getFileName(),
                List.of("victim"),
                List.of(),
                descriptors);
        Stop stop = template.run(signal, Wait.FOREVER);
        assertThat(stop).isInstanceOf(Stop.Idle.class);
        Snapshot snapshot = template.freeze();
        return new Victim(signal, view, snapshot, snapshot.fork(kvm));
    }

    VirtualMachine machine() {
        return machine;
    }

    /** Makes an attack, resets the machine and sees that it works. Gives "ok" or how the program ended. */
    String attack(long number, long argument, Duration patience) throws Exception {
        String outcome = ask(number, argument, patience);
        recover(number);
        return outcome;
    }

    /** Resets the machine and sees that it is as its template, and works. */
    void recover(long number) throws Exception {
        machine.reset();
        assertThat(machine.differences())
                .as("pages that differ after attack %d", number)
                .isZero();
        assertThat(ask(-1, 0, Duration.ofSeconds(20)))
                .as("after attack %d", number)
                .isEqualTo("ok");
        machine.reset();
    }

    String ask(long number, long argument, Duration patience) throws Exception {
        said = "";
        Channel channel = (Channel) machine.program().descriptors().get(3);
        if (channel == null) {
            throw new AssertionError("the channel is gone");
        }
        channel.setReceiver((bytes, count) -> {
            if (count == 2 && bytes[0] == 'o' && bytes[1] == 'k') {
                said = "ok";
                machine.program().stopAfterCall();
            }
        });
        java.nio.ByteBuffer request = java.nio.ByteBuffer.allocate(16).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        channel.give(request.putLong(number).putLong(argument).array());
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Stop stop = machine.run(signal, deadline);
            switch (stop) {
                case Stop.Asked() -> {
                    return said;
                }
                case Stop.Exited(int code) -> {
                    return "exit " + code;
                }
                case Stop.Killed(int killer, String reason) -> {
                    return killer + " " + reason;
                }
                case Stop.Interrupted() -> {
                    return "interrupted";
                }
                case Stop.Idle(long next) -> {
                    if (next == Wait.FOREVER || next - deadline > 0) {
                        return "idle";
                    }
                    LockSupport.parkNanos(Math.max(1, next - System.nanoTime()));
                }
            }
        }
    }

    /** Runs on after an interruption. */
    Stop goOn(Duration patience) throws Exception {
        return machine.run(signal, System.nanoTime() + patience.toNanos());
    }

    @Override
    public void close() {
        machine.close();
        snapshot.close();
        view.close();
    }

    /** No more is held than before; less may be, when machines of earlier tests have ended meanwhile. */
    static void assertNoMoreIsHeld(String before) {
        String[] then = before.split("[^0-9]+", -1);
        String[] now = held().split("[^0-9]+", -1);
        for (int i = 1; i < then.length; i++) {
            assertThat(Integer.parseInt(now[i]))
                    .as("%s, then %s", held(), before)
                    .isLessThanOrEqualTo(Integer.parseInt(then[i]));
        }
    }

    /** Descriptors and mappings of virtual machines that this process has. */
    static String held() {
        return "descriptors " + descriptors() + ", mappings " + mappings();
    }

    private static long descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(Victim::isOurs).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that the JVM opens when it likes, and pipes of programs that just ended, are not. */
    private static boolean isOurs(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            boolean file = target.startsWith("/") && !target.startsWith("/proc") && !target.startsWith("/dev/");
            return target.contains("kvm")
                    || target.contains("memfd")
                    || (file && !target.matches(".*(/jvm/|[.]jar).*"));
        } catch (IOException gone) {
            return false;
        }
    }

    private static long mappings() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:") || line.contains("kvm"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
