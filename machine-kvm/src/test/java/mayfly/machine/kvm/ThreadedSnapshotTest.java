package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program whose threads wait in different ways is the same program in every fork and after every reset. */
class ThreadedSnapshotTest {
    private static final String WORKERS = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <pthread.h>
            #include <semaphore.h>
            #include <signal.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/syscall.h>
            static sem_t go[4], done;
            static int order[16], n, word, pipe_in[2], handled;
            static __thread int mine;
            static void hit(int sig) { handled++; }
            static void *work(void *arg) {
                long me = (long) arg;
                volatile double x = me;
                for (;;) {
                    if (me < 3) syscall(SYS_futex, &word, 128, 0, 0, 0, 0); // all in one queue
                    else { char c; read(pipe_in[0], &c, 1); }
                    mine++;
                    x += 0.5;
                    order[n++] = (int) me * 100 + mine * 10 + (int) (x * 2) - (int) me * 2;
                    sem_post(&done);
                }
            }
            int main(void) {
                sem_init(&done, 0, 0);
                pipe(pipe_in);
                signal(SIGUSR1, hit);
                sigset_t set;
                sigemptyset(&set);
                sigaddset(&set, SIGUSR1);
                pthread_sigmask(SIG_BLOCK, &set, 0);
                raise(SIGUSR1); // pending in the template
                pthread_t t;
                for (long i = 3; i >= 0; i--) pthread_create(&t, 0, work, (void *) i);
                for (;;) {
                    char in[8], out[128];
                    if (read(3, in, sizeof in) <= 0) return 0;
                    pthread_sigmask(SIG_UNBLOCK, &set, 0);
                    write(pipe_in[1], "x", 1);
                    sem_wait(&done);
                    for (int i = 0; i < 3; i++) {
                        syscall(SYS_futex, &word, 129, 1, 0, 0, 0);
                        sem_wait(&done);
                    }
                    int l = 0;
                    for (int i = 0; i < n; i++) l += sprintf(out + l, "%d ", order[i]);
                    raise(SIGUSR1); // the process has another number in a fork
                    kill(getpid(), SIGUSR1);
                    l += sprintf(out + l, "handled %d", handled);
                    write(3, out, l);
                }
            }
            """;

    @Test
    void everyForkHasTheThreadsOfItsTemplate(@TempDir Path dir) throws Exception {
        Bed.needsKvm();
        Path program = Bed.compile(dir, "workers", WORKERS, "-pthread");
        Bed.on((kvm, signal) -> {
            VirtualMachine template = ChannelGuest.boot(kvm, signal, program);
            try (Snapshot snapshot = template.freeze();
                    VirtualMachine fork = snapshot.fork(kvm);
                    VirtualMachine other = snapshot.fork(kvm)) {
                String first = ask(other, signal);
                assertThat(first).startsWith("311 ").endsWith("handled 3").contains("211 ", "111 ", " 11 ");
                assertThat(ask(other, signal))
                        .startsWith(first.replace("handled 3", ""))
                        .endsWith("handled 5");
                for (int i = 0; i < 30; i++) {
                    // those at the futex are woken in the order in which they came
                    assertThat(ask(fork, signal)).isEqualTo(first);
                    assertThat(fork.reset()).isPositive();
                    assertThat(fork.differences()).isZero();
                }
            }
            return null;
        });
    }

    private static String ask(VirtualMachine machine, ThreadSignal signal) throws Exception {
        byte[] answer = ChannelGuest.ask(machine, signal, new byte[] {'1'});
        Stop idle = machine.run(signal, Wait.FOREVER); // until it waits again
        assertThat(idle).isInstanceOf(Stop.Idle.class);
        return new String(answer, StandardCharsets.UTF_8);
    }
}
