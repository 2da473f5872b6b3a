package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program of several processes is the same in every fork of its machine and after every reset. */
class ProcessSnapshotTest {
    /** A parent that waits for requests, and a child that counts and answers; and one more for each request. */
    private static final String FAMILY = """
            #define _GNU_SOURCE
            #include <signal.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/mman.h>
            #include <sys/wait.h>
            static int handled;
            static void hit(int sig) { handled++; }
            int main(void) {
                int to[2], from[2];
                int *all = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                int *own = malloc(100000);
                pipe(to); pipe(from);
                signal(SIGCHLD, hit);
                int child = fork();
                if (child == 0) {
                    char c;
                    for (;;) {
                        if (read(to[0], &c, 1) != 1) return 0;
                        own[20000]++; all[0]++;
                        write(from[1], &own[20000], 4);
                    }
                }
                for (;;) {
                    char in[8], out[128];
                    int counted, status;
                    if (read(3, in, sizeof in) <= 0) return 0;
                    write(to[1], "x", 1);
                    read(from[0], &counted, 4);
                    int other = fork();
                    if (other == 0) {
                        memset(own, counted, 100000);
                        all[1]++;
                        if (in[0] == 'l') for (;;) pause(); // stays
                        _exit(4);
                    }
                    if (in[0] != 'l') waitpid(other, &status, 0); else status = 0;
                    write(3, out, sprintf(out, "child counts %d, all %d %d, own %d, status %d, handled %d", counted, all[0],
                        in[0] == 'l' ? 0 : all[1], own[20000], WEXITSTATUS(status), handled));
                }
            }
            """;

    @TempDir
    static Path dir;

    @BeforeAll
    static void kvm() {
        Bed.needsKvm();
    }

    private static String ask(VirtualMachine machine, ThreadSignal signal, char request) throws Exception {
        byte[] answer = ChannelGuest.ask(machine, signal, new byte[] {(byte) request});
        Stop idle = machine.run(signal, Wait.FOREVER); // until all wait again
        assertThat(idle).isInstanceOf(Stop.Idle.class);
        return new String(answer, StandardCharsets.UTF_8);
    }

    @Test
    void processesAreCopiedAndPutBack() throws Exception {
        Path program = Bed.compile(dir, "family", FAMILY, "-w");
        Bed.on((kvm, signal) -> {
            VirtualMachine template = ChannelGuest.boot(kvm, signal, program);
            try (Snapshot snapshot = template.freeze();
                    VirtualMachine fork = snapshot.fork(kvm);
                    VirtualMachine other = snapshot.fork(kvm)) {
                String first = "child counts 1, all 1 1, own 0, status 4, handled 1";
                assertThat(ask(other, signal, '1')).isEqualTo(first);
                assertThat(ask(other, signal, '1')).isEqualTo("child counts 2, all 2 2, own 0, status 4, handled 2");
                for (int i = 0; i < 30; i++) {
                    assertThat(ask(fork, signal, '1')).isEqualTo(first);
                    for (int stays = 0; stays < i % 4; stays++) {
                        assertThat(ask(fork, signal, 'l')).startsWith("child counts " + (stays + 2));
                    }
                    assertThat(fork.program().threads()).hasSize(2 + i % 4);
                    assertThat(fork.reset()).isPositive();
                    assertThat(fork.differences()).isZero();
                    assertThat(fork.program().threads())
                            .as("survivors of a reset")
                            .hasSize(2);
                    assertThat(fork.isWorn())
                            .as("tables of processes that are gone are used again")
                            .isFalse();
                }
            }
            return null;
        });
    }
}
