package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** C programs of several processes do in a machine what they do on the host. */
class ProcessesTest {
    @TempDir
    static Path dir;

    @BeforeAll
    static void kvm() {
        Bed.needsKvm();
    }

    private static Path compile(String name, String source) throws Exception {
        return Bed.compile(dir, name, """
                #define _GNU_SOURCE
                #include <errno.h>
                #include <fcntl.h>
                #include <pthread.h>
                #include <signal.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <time.h>
                #include <unistd.h>
                #include <sys/mman.h>
                #include <sys/prctl.h>
                #include <sys/resource.h>
                #include <sys/syscall.h>
                #include <sys/wait.h>
                static void say(const char *what, long value) { printf("%s %ld\\n", what, value); fflush(stdout); }
                #define puts(text) ((puts)(text), fflush(stdout))
                static const char *how(int status) {
                    static char text[64];
                    if (WIFEXITED(status)) sprintf(text, "exited %d", WEXITSTATUS(status));
                    else sprintf(text, "signal %d", WTERMSIG(status));
                    return text;
                }
                """ + source, "-pthread", "-w");
    }

    private static void sameAsOnHost(String name, String source) throws Exception {
        Path program = compile(name, source);
        Guest guest = Guest.run(program);
        assertThat(guest.out())
                .as(guest.toString())
                .isEqualTo(Guest.onHost(program))
                .isNotEmpty();
        guest.succeeded();
    }

    @Test
    void aChildHasACopyOfMemoryAndTheSameFiles() throws Exception {
        sameAsOnHost("copy", """
                static int number = 1;
                int main(void) {
                    int *heap = malloc(1 << 20), in[2], back[2], status;
                    static char big[300000];
                    heap[1000] = 5;
                    big[200000] = 7;
                    pipe(in); pipe(back);
                    int child = fork();
                    if (child == 0) {
                        char got[16];
                        say("child reads", read(in[0], got, 16));
                        say("child sees", number + heap[1000] + big[200000]);
                        number = 2; heap[1000] = 6; big[200000] = 8;
                        say("child sees", number + heap[1000] + big[200000]);
                        write(back[1], "done", 4);
                        close(in[1]); close(back[0]);
                        say("child reads", read(in[0], got, 16));
                        _exit(3);
                    }
                    number = 100;
                    write(in[1], "hello", 5);
                    char got[16];
                    say("parent reads", read(back[0], got, 16));
                    close(in[1]);
                    say("is the child", wait(&status) == child);
                    puts(how(status));
                    say("parent sees", number + heap[1000] + big[200000]);
                    say("no more", wait(&status) == -1 && errno == ECHILD);
                    close(back[1]);
                    say("end of pipe", read(back[0], got, 16));
                }
                """);
    }

    @Test
    void waitingForChildren() throws Exception {
        sameAsOnHost("waits", """
                static int ends(int code) { int c = fork(); if (c == 0) _exit(code); return c; }
                static int dies(int sig) { int c = fork(); if (c == 0) { raise(sig); pause(); } return c; }
                int main(void) {
                    int status, a = ends(1), b = ends(2), hold[2];
                    say("b", waitpid(b, &status, 0) == b); puts(how(status));
                    say("a", waitpid(-1, &status, 0) == a); puts(how(status));
                    say("none", waitpid(a, &status, 0)); say("errno", errno);
                    int k = dies(SIGKILL);
                    say("k", waitpid(k, &status, 0) == k); puts(how(status));
                    int t = dies(SIGTERM);
                    waitpid(t, &status, 0); puts(how(status));
                    pipe(hold);
                    int late = fork();
                    if (late == 0) { char c; close(hold[1]); read(hold[0], &c, 1); _exit(9); }
                    close(hold[0]);
                    say("nothing yet", waitpid(late, &status, WNOHANG));
                    siginfo_t info;
                    info.si_pid = 77;
                    say("nothing yet", waitid(P_PID, late, &info, WEXITED | WNOHANG)); say("pid", info.si_pid);
                    close(hold[1]);
                    say("looks", waitid(P_PID, late, &info, WEXITED | WNOWAIT));
                    say("is it", info.si_pid == late); say("code", info.si_code); say("status", info.si_status);
                    say("signo", info.si_signo);
                    say("still there", waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == late);
                    say("gone", waitid(P_ALL, 0, &info, WEXITED)); say("errno", errno);
                    say("bad", waitpid(-1, &status, 0x1234)); say("errno", errno);
                    say("bad", waitid(P_ALL, 0, &info, WNOHANG)); say("errno", errno);
                    say("segv", 0); fflush(stdout);
                    if (fork() == 0) { *(volatile int *) 8 = 1; }
                    wait(&status); puts(how(status));
                    if (fork() == 0) abort();
                    wait(&status); puts(how(status));
                    struct rusage usage;
                    ends(4);
                    say("usage", wait4(-1, &status, 0, &usage) > 0 && usage.ru_utime.tv_sec == 0); puts(how(status));
                }
                """);
    }

    @Test
    void childrenOfChildrenAndOrphans() throws Exception {
        sameAsOnHost("orphans", """
                int main(void) {
                    int tell[2], status;
                    pipe(tell);
                    if (fork() == 0) {
                        int middle = getpid();
                        int hold[2]; pipe(hold);
                        if (fork() == 0) {
                            char c; close(hold[1]);
                            int before = getppid() == middle;
                            write(tell[1], &before, 4);
                            read(hold[0], &c, 1); // until the one above is gone
                            while (getppid() == middle) usleep(1000);
                            int other = getppid() != middle;
                            write(tell[1], &other, 4);
                            _exit(0);
                        }
                        usleep(20000);
                        _exit(5);
                    }
                    close(tell[1]);
                    wait(&status); puts(how(status));
                    int word, n = 0;
                    while (read(tell[0], &word, 4) == 4) say("told", word);
                    say("and nobody else", wait(&status) == -1 && errno == ECHILD);
                }
                """);
    }

    @Test
    void theEndOfTheFirstProcessIsTheMachines() throws Exception {
        Guest guest = Guest.run(compile("first", """
                int main(void) {
                    if (fork() == 0) for (;;) pause();
                    if (fork() == 0) for (;;) ;
                    say("leaves", 7);
                    return 7;
                }
                """));
        assertThat(guest.end()).isEqualTo(new Stop.Exited(7));
        assertThat(guest.out()).isEqualTo("leaves 7\n");
    }

    @Test
    void signalsBetweenProcesses() throws Exception {
        sameAsOnHost("signals", """
                static volatile int chld, usr, code, status_, from;
                static void on(int sig, siginfo_t *info, void *context) {
                    if (sig == SIGCHLD) { chld++; code = info->si_code; status_ = info->si_status; }
                    else { usr++; from = info->si_pid; }
                }
                int main(void) {
                    struct sigaction act = { .sa_sigaction = on, .sa_flags = SA_SIGINFO };
                    sigaction(SIGCHLD, &act, 0); sigaction(SIGUSR1, &act, 0);
                    int status, me = getpid(), ready[2]; char c;
                    pipe(ready);
                    if (fork() == 0) { kill(me, SIGUSR1); say("same", getppid() == me); _exit(6); }
                    while (!chld) pause();
                    say("usr", usr); say("code", code); say("status", status_);
                    say("wait", wait(&status) > 0); puts(how(status));
                    // SIGCHLD interrupts a call, or restarts it
                    int hold[2]; pipe(hold);
                    int child = fork();
                    if (child == 0) { usleep(20000); _exit(1); }
                    say("read", read(hold[0], &c, 1)); say("errno", errno == EINTR);
                    wait(0);
                    act.sa_flags |= SA_RESTART; sigaction(SIGCHLD, &act, 0);
                    if (fork() == 0) { usleep(20000); if (fork() == 0) { usleep(20000); write(hold[1], "x", 1); _exit(0); } _exit(1); }
                    say("read", read(hold[0], &c, 1));
                    wait(0);
                    // a handler of the child's own, blocked signals, another process's thread
                    child = fork();
                    if (child == 0) {
                        usr = 0;
                        write(ready[1], "r", 1);
                        while (!usr) usleep(1000);
                        say("from parent", from == me);
                        sigset_t set; sigemptyset(&set); sigaddset(&set, SIGTERM); sigprocmask(SIG_BLOCK, &set, 0);
                        write(ready[1], "r", 1);
                        int sig; sigwait(&set, &sig); say("waited for", sig);
                        write(ready[1], "r", 1);
                        for (;;) ;
                    }
                    read(ready[0], &c, 1); kill(child, SIGUSR1);
                    read(ready[0], &c, 1); kill(child, SIGTERM);
                    read(ready[0], &c, 1); syscall(SYS_tgkill, child, child, SIGINT);
                    waitpid(child, &status, 0); puts(how(status));
                    say("no more", kill(child, 0)); say("errno", errno == ESRCH);
                    // children that nobody wants
                    signal(SIGCHLD, SIG_IGN);
                    if (fork() == 0) _exit(1);
                    say("none", wait(&status)); say("errno", errno == ECHILD);
                    signal(SIGCHLD, SIG_DFL);
                    // an end that is heard of by another signal
                    signal(SIGUSR2, SIG_IGN);
                    child = syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0);
                    if (child == 0) _exit(0);
                    say("not a child", waitpid(child, &status, 0)); say("cloned", waitpid(child, &status, __WALL) == child);
                    // the death of a parent
                    int tell[2]; pipe(tell);
                    if (fork() == 0) {
                        if (fork() == 0) {
                            signal(SIGUSR1, SIG_DFL); prctl(PR_SET_PDEATHSIG, SIGUSR1); write(ready[1], "r", 1);
                            close(hold[1]); for (;;) pause();
                        }
                        read(ready[0], &c, 1);
                        _exit(0);
                    }
                    close(tell[1]); wait(0);
                    say("dead", read(tell[0], &c, 1));
                }
                """);
    }

    @Test
    void groupsAndSessions() throws Exception {
        sameAsOnHost("groups", """
                static int asleep(void) { int c = fork(); if (c == 0) for (;;) pause(); return c; }
                int main(void) {
                    int status, me;
                    if (fork() != 0) { wait(&status); puts(how(status)); return 0; }
                    say("session", setsid() == (me = getpid()));
                    say("again", setsid()); say("errno", errno);
                    say("leads", getsid(0) == me && getpgrp() == me && getpgid(0) == me);
                    say("cannot leave", setpgid(0, 0)); say("errno", errno);
                    int a = asleep(), b = asleep(), c = asleep();
                    say("inherited", getpgid(a) == me && getsid(b) == me);
                    say("group", setpgid(a, a)); say("joins", setpgid(b, a)); say("is", getpgid(b) == a);
                    say("no such", setpgid(c, 999999)); say("errno", errno);
                    say("not ours", setpgid(1, 1)); say("errno", errno);
                    say("negative", setpgid(c, -1)); say("errno", errno);
                    kill(-a, SIGTERM);
                    say("of the group", waitpid(-a, &status, 0) > 0); puts(how(status));
                    say("of the group", waitpid(-a, &status, 0) > 0); puts(how(status));
                    say("of the group", waitpid(-a, &status, 0)); say("errno", errno);
                    say("none", kill(-a, 0)); say("errno", errno);
                    signal(SIGTERM, SIG_IGN);
                    kill(0, SIGTERM);
                    say("c", waitpid(c, &status, 0) == c); puts(how(status));
                    return 8;
                }
                """);
    }

    @Test
    void memoryThatIsShared() throws Exception {
        sameAsOnHost("shared", """
                #include <semaphore.h>
                struct all { pthread_mutex_t lock; pthread_cond_t cond; sem_t sem; int count, turn; char big[1 << 20]; };
                int main(void) {
                    struct all *all = mmap(0, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                    char *own = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    pthread_mutexattr_t m; pthread_mutexattr_init(&m); pthread_mutexattr_setpshared(&m, 1);
                    pthread_mutexattr_setrobust(&m, PTHREAD_MUTEX_ROBUST);
                    pthread_mutex_init(&all->lock, &m);
                    pthread_condattr_t c; pthread_condattr_init(&c); pthread_condattr_setpshared(&c, 1);
                    pthread_cond_init(&all->cond, &c);
                    sem_init(&all->sem, 1, 0);
                    memset(own, 1, 1 << 20);
                    for (int i = 0; i < 4; i++) if (fork() == 0) {
                        for (int n = 0; n < 500; n++) {
                            pthread_mutex_lock(&all->lock);
                            while (all->turn != i) pthread_cond_wait(&all->cond, &all->lock);
                            all->count++; all->big[n * 2000 + i]++; own[n * 2000]++;
                            all->turn = (i + 1) % 4;
                            pthread_cond_broadcast(&all->cond);
                            pthread_mutex_unlock(&all->lock);
                        }
                        sem_post(&all->sem);
                        munmap(all, sizeof *all);
                        _exit(0);
                    }
                    for (int i = 0; i < 4; i++) sem_wait(&all->sem);
                    while (wait(0) > 0) ;
                    say("count", all->count); say("big", all->big[499 * 2000 + 3]); say("own", own[0]);
                    if (fork() == 0) { pthread_mutex_lock(&all->lock); _exit(0); }
                    wait(0);
                    say("owner died", pthread_mutex_lock(&all->lock) == EOWNERDEAD);
                    madvise(all->big, 1 << 20, MADV_DONTNEED); say("stays", all->big[0]);
                    mprotect(all->big + 4096 - ((long) all->big & 4095), 8192, PROT_READ);
                    if (fork() == 0) { all->big[100000] = 9; all->big[8000] = 1; }
                    int status; wait(&status); puts(how(status)); say("big", all->big[100000]);
                }
                """);
    }

    @Test
    void vforkAndItsMemory() throws Exception {
        Path program = compile("vforks", """
                #include <spawn.h>
                extern char **environ;
                static void *spin(void *arg) { for (;;) (*(volatile long *) arg)++; }
                int main(int argc, char **argv) {
                    if (argc == 3) { say(argv[1], atoi(argv[2])); return 5; }
                    if (argc == 2) { char c; say(argv[1], read(9, &c, 1) == -1 && errno == EBADF); return 6; }
                    volatile int number = 1; volatile long spun = 0;
                    int status;
                    int child = vfork();
                    if (child == 0) { number = 2; _exit(3); }
                    say("child changed", number); wait(&status); puts(how(status));
                    pthread_t t; pthread_create(&t, 0, spin, (void *) &spun);
                    child = vfork();
                    if (child == 0) { usleep(30000); execl("/proc/self/exe", "x", "spawned", "1", NULL); _exit(1); }
                    long seen = spun;
                    wait(&status); puts(how(status)); say("others went on", seen > 0);
                    int null = open("/dev/null", O_RDONLY); dup3(null, 9, O_CLOEXEC);
                    char *words[] = {"x", "closed", 0};
                    int spawned = posix_spawn(&child, "/proc/self/exe", 0, 0, words, environ);
                    waitpid(child, &status, 0); puts(how(status)); say("spawn", spawned);
                    say("spawn", posix_spawn(&child, "/nowhere", 0, 0, words, environ));
                    if (fork() == 0) { // threads stay behind
                        long before = spun; usleep(5000); say("alone", spun == before);
                        pthread_t u; pthread_create(&u, 0, spin, (void *) &spun);
                        execl("/proc/self/exe", "x", "from threads", "2", NULL);
                    }
                    wait(&status); puts(how(status));
                    _exit(0);
                }
                """);
        InstalledProgram installed = InstalledProgram.of(program.toString()).show(dir);
        InstalledProgram.Run run = installed.inMachine();
        assertThat(run.output()).as("%s", run.calls()).isEqualTo(installed.onHost());
        assertThat(run.stop()).isEqualTo(new Stop.Exited(0));
    }

    @Test
    void copiesOfMemoryStayApart() throws Exception {
        sameAsOnHost("copies", """
                enum { PAGES = 3000 };
                static unsigned next(unsigned *x) { *x ^= *x << 13; *x ^= *x >> 17; return *x ^= *x << 5; }
                static long sum(char *at) { long s = 0; for (long i = 0; i < PAGES * 4096L; i += 64) s = s * 31 + at[i]; return s; }
                static void change(char *at, unsigned seed, int depth) {
                    unsigned x = seed;
                    for (int i = 0; i < 2000; i++) {
                        long page = next(&x) % PAGES;
                        switch (next(&x) % 16) {
                            case 0: mprotect(at + page * 4096, 4096, PROT_READ); mprotect(at + page * 4096, 4096, PROT_READ | PROT_WRITE); break;
                            case 1: madvise(at + page * 4096, 4096, MADV_DONTNEED); break;
                            case 2: mprotect(at + page * 4096, 4096, PROT_NONE); mprotect(at + page * 4096, 4096, PROT_READ | PROT_WRITE); break;
                            case 3: { int p[2]; pipe(p); write(p[1], "0123456789", 10); read(p[0], at + page * 4096 + 64, 10); close(p[0]); close(p[1]); break; }
                            case 4: mmap(at + page * 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
                            default: at[page * 4096 + next(&x) % 4096] = next(&x);
                        }
                        if (depth && i % 500 == 250) {
                            int status, child = fork();
                            if (child == 0) { change(at, next(&x), depth - 1); printf("%d %ld\\n", depth, sum(at)); fflush(stdout); _exit(0); }
                            if (next(&x) % 2) waitpid(child, &status, 0); // or they run side by side
                            else { at[0]++; waitpid(child, &status, 0); }
                        }
                    }
                }
                int main(void) {
                    char *at = mmap(0, PAGES * 4096L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    for (int i = 0; i < PAGES; i++) at[i * 4096L] = i;
                    change(at, 12345, 2);
                    printf("%ld\\n", sum(at));
                }
                """);
    }
}
