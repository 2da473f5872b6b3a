package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that make as many processes as they can, or kill whatever they find, harm themselves alone. */
class HostileProcessesTest {
    private static final String HEADERS = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <sched.h>
            #include <signal.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            #include <sys/mman.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <sys/wait.h>
            """;

    @TempDir
    static Path dir;

    @BeforeAll
    static void kvm() {
        Bed.needsKvm();
    }

    private static Guest run(String name, String source) throws Exception {
        return Guest.run(Bed.compile(dir, name, HEADERS + source, "-w"));
    }

    @Test
    void aForkBombIsBoundedAndEndsWithTheFirstProcess() throws Exception {
        Guest guest = run("bomb", """
                int main(void) {
                    int *count = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                    int first = getpid();
                    for (int i = 0; i < 200; i++) {
                        int child = fork();
                        if (child == 0) (*count)++;
                        if (child < 0 && errno != EAGAIN && errno != ENOMEM) { printf("errno %d\\n", errno); exit(1); }
                    }
                    if (getpid() != first) for (;;) fork();
                    printf("%d\\n", *count);
                    exit(0);
                }
                """);
        assertThat(guest.end()).as(guest.toString()).isEqualTo(new Stop.Exited(0));
        assertThat(Integer.parseInt(guest.out().strip())).isBetween(50, 127);
    }

    @Test
    void zombiesAreBoundedAndGoneWhenTheirParentIs() throws Exception {
        Guest guest = run("zombies", """
                int main(void) {
                    int made = 0;
                    for (int i = 0; i < 500; i++) { int c = fork(); if (c == 0) _exit(0); if (c > 0) made++; else break; }
                    printf("made %d, errno %d\\n", made, errno);
                    while (wait(0) > 0) ;
                    for (int round = 0; round < 20; round++) {
                        if (fork() == 0) { for (int i = 0; i < 100; i++) if (fork() == 0) _exit(0); _exit(0); }
                        int status; wait(&status);
                        if (status) { printf("status %x in round %d\\n", status, round); return 1; }
                    }
                    puts("over");
                    return 0;
                }
                """).succeeded();
        assertThat(guest.out()).isEqualTo("made 127, errno 11\nover\n");
    }

    @Test
    void killingEverythingEndsTheMachineOnly() throws Exception {
        Guest guest = run("all", """
                int main(void) {
                    for (int i = 0; i < 20; i++) if (fork() == 0) for (;;) if (i % 4) pause();
                    if (fork() == 0) {
                        for (int pid = -300; pid < 0; pid++) if (pid != -1) kill(pid, SIGKILL);
                        kill(-1, SIGKILL);
                        for (;;) ;
                    }
                    for (;;) pause();
                }
                """);
        assertThat(guest.end())
                .isInstanceOfSatisfying(
                        Stop.Killed.class, killed -> assertThat(killed.signal()).isEqualTo(9));
    }

    @Test
    void aChildThatUsesUpMemoryIsKilledAndItsParentGoesOn() throws Exception {
        Guest guest = run("memory", """
                int main(void) {
                    int status;
                    char *own = malloc(20 << 20); memset(own, 1, 20 << 20);
                    for (int round = 0; round < 10; round++) {
                        if (fork() == 0) {
                            memset(own, 2, 20 << 20); // 64 MiB hold two of it
                            if (fork() == 0) { memset(own, 3, 20 << 20); for (;;) pause(); }
                            for (;;) { char *more = malloc(1 << 20); if (more) memset(more, 4, 1 << 20); else wait(0); }
                        }
                        usleep(1000);
                        kill(-1, SIGUSR1);
                        wait(&status);
                    }
                    printf("%d\\n", own[10 << 20]);
                    return 0;
                }
                """).succeeded();
        assertThat(guest.out()).isEqualTo("1\n");
    }

    @Test
    void rubbishIsNotExecuted() throws Exception {
        Guest guest = run("rubbish", """
                extern char **environ;
                int main(void) {
                    unsigned x = 99; char *bad = (char *) 8, *words[3] = {"a", "b", 0};
                    char **ends[] = {words, (char **) 8, &bad, 0, (char **) -1L};
                    for (int i = 0; i < 5; i++) for (int k = 0; k < 5; k++) {
                        syscall(SYS_execve, "/nowhere", ends[i], ends[k]);
                        syscall(SYS_execve, 8L, ends[i], ends[k]);
                        syscall(SYS_execveat, -1, "", ends[i], ends[k], 0x1000);
                    }
                    mkdir("/tmp/d", 0755);
                    for (int i = 0; i < 300; i++) {
                        char name[32]; sprintf(name, "/tmp/f%d", i % 7);
                        int fd = open(name, 0102 | 01000, 0755);
                        char bytes[4096];
                        int self = open("/proc/self/exe", 0); int n = read(self, bytes, 4096); close(self);
                        if (n < 64) { n = 4096; memcpy(bytes, "\\177ELF\\2\\1\\1", 8); }
                        for (int k = 0; k < 1 + i % 9; k++) { x = x * 1103515245 + 12345; bytes[(x >> 8) % n] = x >> 20; }
                        if (i % 10 == 9) memcpy(bytes, "#! /tmp/f1 x\\n", 13);
                        write(fd, bytes, i % 4 ? n : i); close(fd);
                        int c = vfork();
                        if (c == 0) { execve(name, words, environ); _exit(7); }
                        wait(0);
                    }
                    puts("alive");
                    return 0;
                }
                """).succeeded();
        assertThat(guest.out()).endsWith("alive\n");
    }

    @Test
    void rawClonesOfEveryKind() throws Exception {
        Guest guest = run("clones", """
                int main(void) {
                    unsigned x = 5;
                    for (int i = 0; i < 3000; i++) {
                        x = x * 1103515245 + 12345;
                        unsigned long flags = (x & 0xffffff00) & ~0x4100UL; // with neither CLONE_VM nor CLONE_VFORK
                        int c = syscall(SYS_clone, flags | (i % 70), 0, (long) (x >> 3), (long) &x, 8L << 50);
                        if (c == 0) { syscall(SYS_exit, 0); }
                        if (c > 0) waitpid(c, 0, __WALL);
                        while (waitpid(-1, 0, __WALL | WNOHANG) > 0) ;
                    }
                    puts("alive");
                    return 0;
                }
                """);
        assertThat(guest.out()).as(guest.toString()).isEqualTo("alive\n");
    }
}
