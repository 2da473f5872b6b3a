package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals do in a machine what they do on the host. */
class SignalsTest {
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
                #include <fenv.h>
                #include <pthread.h>
                #include <setjmp.h>
                #include <signal.h>
                #include <stdint.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <time.h>
                #include <ucontext.h>
                #include <unistd.h>
                #include <sys/mman.h>
                #include <sys/syscall.h>
                static void on(int sig, void (*f)(int, siginfo_t *, void *), int flags) {
                    struct sigaction a = {.sa_sigaction = f, .sa_flags = SA_SIGINFO | flags};
                    sigaction(sig, &a, 0);
                }
                """ + source, "-pthread", "-lm");
    }

    /** Runs it here and there; both must say the same. */
    private static String same(String name, String source) throws Exception {
        Path program = compile(name, source);
        String here = Guest.run(program).succeeded().out();
        assertThat(here).isEqualTo(Guest.onHost(program)).isNotEmpty();
        return here;
    }

    @Test
    void aFaultHandlerMapsTheMemoryAndGoesOn() throws Exception {
        assertThat(same("protect", """
                static char *page;
                static int faults;
                static void fault(int sig, siginfo_t *info, void *context) {
                    ucontext_t *c = context;
                    long where = (char *) info->si_addr - page;
                    printf("%d code %d at %ld trap %lld err %lld cr2 %d\\n", sig, info->si_code, where,
                        c->uc_mcontext.gregs[REG_TRAPNO], c->uc_mcontext.gregs[REG_ERR],
                        c->uc_mcontext.gregs[REG_CR2] == (long) info->si_addr);
                    if (info->si_code == SEGV_MAPERR) mmap(page, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
                    else mprotect(page, 8192, PROT_READ | PROT_WRITE);
                    faults++;
                }
                int main(void) {
                    on(SIGSEGV, fault, 0);
                    page = mmap(0, 8192, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    page[5] = 1;
                    munmap(page, 8192);
                    volatile double x = 1.25;
                    double y = x + page[4100];
                    page[4096] = 3;
                    printf("%d %d %.2f\\n", faults, page[4096], y);
                }
                """)).endsWith("3 3 1.25\n");
    }

    @Test
    void theStacksEndIsHandledOnAnotherStack() throws Exception {
        assertThat(same("overflow", """
                static char other[64 << 10];
                static sigjmp_buf back;
                static int depth;
                static void fault(int sig, siginfo_t *info, void *context) {
                    char here;
                    stack_t now;
                    sigaltstack(0, &now);
                    printf("on it %d flags %d\\n", &here > other && &here < other + sizeof other, now.ss_flags);
                    stack_t no = {.ss_flags = SS_DISABLE};
                    printf("change %d\\n", sigaltstack(&no, 0) == -1 && errno == EPERM);
                    siglongjmp(back, 1);
                }
                __attribute__((noinline)) static int deep(int n) {
                    volatile char use[4096];
                    use[0] = n;
                    depth = n;
                    return deep(n + 1) + use[0];
                }
                int main(void) {
                    stack_t s = {.ss_sp = other, .ss_size = sizeof other}, before;
                    printf("%d\\n", sigaltstack(&s, 0));
                    on(SIGSEGV, fault, SA_ONSTACK);
                    for (int i = 0; i < 2; i++) {
                        if (sigsetjmp(back, 1) == 0) deep(0);
                        printf("back, deep %d\\n", depth > 1500);
                    }
                    sigaltstack(0, &before);
                    printf("flags %d\\n", before.ss_flags);
                    s.ss_size = 100;
                    printf("small %d\\n", sigaltstack(&s, 0) == -1 && errno == ENOMEM);
                }
                """)).contains("back, deep 1\n");
    }

    @Test
    void arithmeticAndInstructionsRaiseTheirSignals() throws Exception {
        same("arithmetic", """
                static sigjmp_buf back;
                static void caught(int sig, siginfo_t *info, void *context) {
                    ucontext_t *c = context;
                    printf("%d code %d trap %lld here %d mxcsr %x\\n", sig, info->si_code,
                        c->uc_mcontext.gregs[REG_TRAPNO], (greg_t) info->si_addr == c->uc_mcontext.gregs[REG_RIP],
                        __builtin_ia32_stmxcsr());
                    siglongjmp(back, 1);
                }
                int main(void) {
                    int all[] = {SIGFPE, SIGILL, SIGTRAP, SIGSEGV};
                    for (int i = 0; i < 4; i++) on(all[i], caught, 0);
                    volatile int zero = 0;
                    if (!sigsetjmp(back, 1)) printf("%d\\n", 1 / zero);
                    if (!sigsetjmp(back, 1)) __asm__ volatile("ud2");
                    if (!sigsetjmp(back, 1)) __asm__ volatile("int3");
                    if (!sigsetjmp(back, 1)) __asm__ volatile("hlt");
                    feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
                    volatile double d = 0, big = 1e308;
                    volatile long double e = 0;
                    if (!sigsetjmp(back, 1)) printf("%f\\n", 1 / d);
                    if (!sigsetjmp(back, 1)) printf("%f\\n", d / d);
                    if (!sigsetjmp(back, 1)) printf("%f\\n", big * big);
                    feclearexcept(FE_ALL_EXCEPT);
                    if (!sigsetjmp(back, 1)) printf("%Lf\\n", 1 / e + 1);
                    puts("done");
                }
                """.replace(
                "info->si_code,", "sig == SIGFPE && c->uc_mcontext.gregs[REG_TRAPNO] == 19 ? 0 : info->si_code,"));
    }

    @Test
    void handlersNestBlockAndGiveBackWhatTheyInterrupted() throws Exception {
        assertThat(same("nested", """
                static int depth;
                static volatile int got;
                static void inner(int sig, siginfo_t *info, void *context) {
                    printf("%*s%d from %d value %d\\n", ++depth, "", sig, info->si_code, info->si_value.sival_int);
                    depth--;
                }
                static void outer(int sig, siginfo_t *info, void *context) {
                    sigset_t now;
                    depth++;
                    sigprocmask(0, 0, &now);
                    printf("outer %d blocks %d %d\\n", sig, sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2));
                    raise(SIGUSR2);
                    raise(SIGTERM);
                    puts("outer ends");
                    depth--;
                    got++;
                    volatile double spoil = 99.5;
                    spoil *= 3;
                }
                int main(void) {
                    struct sigaction a = {.sa_sigaction = outer, .sa_flags = SA_SIGINFO | SA_RESETHAND};
                    sigaddset(&a.sa_mask, SIGUSR2);
                    sigaction(SIGUSR1, &a, 0);
                    on(SIGUSR2, inner, 0);
                    on(SIGTERM, inner, 0);
                    on(SIGRTMIN, inner, 0);
                    signal(SIGWINCH, SIG_IGN);
                    sigset_t set, old, pend;
                    sigemptyset(&set);
                    sigaddset(&set, SIGUSR1);
                    sigprocmask(SIG_BLOCK, &set, &old);
                    raise(SIGUSR1);
                    raise(SIGUSR1);
                    raise(SIGWINCH);
                    sigpending(&pend);
                    printf("pending %d %d\\n", sigismember(&pend, SIGUSR1), sigismember(&pend, SIGWINCH));
                    signal(SIGUSR1, SIG_IGN);
                    sigpending(&pend);
                    printf("dropped %d\\n", sigismember(&pend, SIGUSR1));
                    sigaction(SIGUSR1, &a, 0);
                    raise(SIGUSR1);
                    signal(SIGUSR2, SIG_IGN);
                    on(SIGUSR2, inner, 0);
                    sigaddset(&set, SIGRTMIN);
                    sigprocmask(SIG_BLOCK, &set, 0);
                    for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN, (union sigval) {.sival_int = i});
                    sigset_t only;
                    sigemptyset(&only);
                    sigaddset(&only, SIGRTMIN);
                    siginfo_t info;
                    struct timespec none = {0, 0};
                    printf("waited %d value", sigtimedwait(&only, &info, &none) == SIGRTMIN);
                    printf(" %d\\n", info.si_value.sival_int);
                    sigprocmask(SIG_UNBLOCK, &only, 0);
                    printf("empty %d\\n", sigtimedwait(&only, &info, &none) == -1 && errno == EAGAIN);
                    struct sigaction was;
                    sigaction(SIGUSR2, 0, &was);
                    printf("mask %d\\n", sigismember(&was.sa_mask, SIGUSR1));
                    a.sa_flags = SA_SIGINFO;
                    sigaction(SIGUSR1, &a, 0);
                    sigset_t none_blocked;
                    sigemptyset(&none_blocked);
                    printf("suspend %d\\n", sigsuspend(&none_blocked) == -1 && errno == EINTR);
                    sigprocmask(0, 0, &set);
                    printf("again blocked %d got %d\\n", sigismember(&set, SIGUSR1), got);
                }
                """.replace(
                                "raise(SIGUSR1);\n                    puts(\"outer",
                                "if (!got) raise(SIGWINCH);\n                    puts(\"outer")))
                .contains("suspend 1", "got 1");
    }

    @Test
    void threadsSignalEachOther() throws Exception {
        assertThat(same("threads", """
                static volatile int stop, hits;
                static volatile long spins;
                static pthread_t main_thread;
                static void hit(int sig, siginfo_t *info, void *context) {
                    if (!pthread_equal(pthread_self(), main_thread)) hits++;
                }
                static void *spin(void *arg) { double x = 1; while (!stop) { spins++; x = x * 1.5; if (x > 1e9) x = 1; } return 0; }
                static void *wait(void *arg) {
                    sigset_t set;
                    int sig;
                    sigemptyset(&set);
                    sigaddset(&set, SIGUSR2);
                    sigwait(&set, &sig);
                    return (void *) (long) sig;
                }
                int main(void) {
                    main_thread = pthread_self();
                    on(SIGURG, hit, SA_RESTART);
                    sigset_t set;
                    sigemptyset(&set);
                    sigaddset(&set, SIGUSR2);
                    pthread_sigmask(SIG_BLOCK, &set, 0);
                    pthread_t a, b;
                    pthread_create(&a, 0, spin, 0);
                    pthread_create(&b, 0, wait, 0);
                    for (int i = 0; i < 20; i++) {
                        int before = hits;
                        pthread_kill(a, SIGURG);
                        while (hits == before) sched_yield();
                    }
                    kill(getpid(), SIGUSR2);
                    void *r;
                    pthread_join(b, &r);
                    stop = 1;
                    pthread_join(a, 0);
                    printf("hits %d waited %ld gone %d\\n", hits, (long) r, syscall(SYS_tgkill, getpid(), 999999, 0) == -1);
                }
                """)).isEqualTo("hits 20 waited 12 gone 1\n");
    }

    @Test
    void interruptedWaitsAreMadeAgainOrFail() throws Exception {
        assertThat(same("restart", """
                static int word = 1;
                static pthread_t main_thread;
                static volatile int handled;
                static void hit(int sig, siginfo_t *info, void *context) { handled++; }
                static void pause_for(long ms) {
                    int own = 0;
                    struct timespec t = {0, ms * 1000000};
                    syscall(SYS_futex, &own, 128, 0, &t, 0, 0);
                }
                static void *poke(void *arg) {
                    pause_for(30);
                    pthread_kill(main_thread, SIGUSR1);
                    pause_for(30);
                    word = 2;
                    syscall(SYS_futex, &word, 129, 1, 0, 0, 0);
                    return 0;
                }
                int main(void) {
                    main_thread = pthread_self();
                    for (int restart = 0; restart < 2; restart++) {
                        on(SIGUSR1, hit, restart ? SA_RESTART : 0);
                        for (int timed = 0; timed < 2; timed++) {
                            pthread_t t;
                            word = 1;
                            handled = 0;
                            struct timespec time = {5, 0};
                            pthread_create(&t, 0, poke, 0);
                            errno = 0;
                            long r = syscall(SYS_futex, &word, 128, 1, timed ? &time : 0, 0, 0);
                            printf("restart %d timed %d: %ld %s word %d handled %d\\n", restart, timed, r, strerror(errno), word, handled);
                            pthread_join(t, 0);
                        }
                    }
                }
                """)).contains("restart 1 timed 0: 0 Success word 2 handled 1");
    }

    @Test
    void waitingCallsTakeAMaskOfTheirOwn() throws Exception {
        assertThat(same("masks", """
                #include <poll.h>
                #include <sys/epoll.h>
                #include <sys/select.h>
                static volatile int handled;
                static void hit(int sig, siginfo_t *info, void *context) {
                    sigset_t now;
                    sigprocmask(0, 0, &now);
                    printf("handler, USR2 blocked %d\\n", sigismember(&now, SIGUSR2));
                    handled++;
                }
                static void show(const char *what, long r) {
                    int e = errno;
                    sigset_t now;
                    sigprocmask(0, 0, &now);
                    printf("%s %d %s USR1 blocked %d handled %d\\n", what, (int) r, r < 0 ? strerror(e) : "", sigismember(&now, SIGUSR1), handled);
                }
                int main(void) {
                    on(SIGUSR1, hit, SA_RESTART);
                    sigset_t set, none;
                    sigemptyset(&none);
                    sigemptyset(&set);
                    sigaddset(&set, SIGUSR1);
                    sigprocmask(SIG_BLOCK, &set, 0);
                    sigaddset(&none, SIGUSR2);
                    int p[2];
                    pipe(p);
                    struct pollfd fd = {p[0], POLLIN};
                    struct timespec some = {0, 10000000};
                    int e = epoll_create1(0);
                    struct epoll_event event = {EPOLLIN}, got;
                    epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event);
                    fd_set read_set;
                    for (int round = 0; round < 2; round++) {
                        if (round == 0) raise(SIGUSR1);
                        show("ppoll", ppoll(&fd, 1, &some, &none));
                        if (round == 0) raise(SIGUSR1);
                        show("epoll_pwait", epoll_pwait(e, &got, 1, 10, &none));
                        if (round == 0) raise(SIGUSR1);
                        FD_ZERO(&read_set);
                        FD_SET(p[0], &read_set);
                        show("pselect", pselect(p[0] + 1, &read_set, 0, 0, &some, &none));
                    }
                    raise(SIGUSR1);
                    write(p[1], "x", 1);
                    show("ready", ppoll(&fd, 1, &some, &none));
                }
                """)).contains("ppoll -1 Interrupted system call USR1 blocked 1 handled 1");
    }

    @Test
    void aReadOfAPipeIsMadeAgain() throws Exception {
        assertThat(same("pipe", """
                static int p[2];
                static pthread_t main_thread;
                static volatile int handled;
                static void hit(int sig, siginfo_t *info, void *context) { handled++; }
                static void *poke(void *arg) {
                    struct timespec t = {0, 30000000};
                    nanosleep(&t, 0);
                    pthread_kill(main_thread, SIGUSR1);
                    nanosleep(&t, 0);
                    write(p[1], "abc", 3);
                    return 0;
                }
                int main(void) {
                    main_thread = pthread_self();
                    pipe(p);
                    for (int restart = 0; restart < 2; restart++) {
                        on(SIGUSR1, hit, restart ? SA_RESTART : 0);
                        pthread_t t;
                        char in[8];
                        pthread_create(&t, 0, poke, 0);
                        int r = read(p[0], in, sizeof in);
                        printf("%d %s handled %d\\n", r, r < 0 ? strerror(errno) : "", handled);
                        pthread_join(t, 0);
                        if (r < 0) read(p[0], in, sizeof in);
                        struct timespec t2 = {0, 60000000}, left = {9, 9};
                        pthread_create(&t, 0, poke, 0);
                        r = nanosleep(&t2, &left);
                        printf("sleep %d left %d\\n", r, left.tv_sec == 0 && left.tv_nsec > 1000000);
                        pthread_join(t, 0);
                        read(p[0], in, sizeof in);
                    }
                }
                """)).contains("-1 Interrupted system call handled 1", "3  handled 3");
    }

    @Test
    void aPipeWithoutReadersIsSaidOnce() throws Exception {
        assertThat(same("broken", """
                static int p[2];
                static volatile int handled;
                static void hit(int sig, siginfo_t *info, void *context) { handled++; }
                static void *leave(void *arg) {
                    struct timespec t = {0, 30000000};
                    nanosleep(&t, 0);
                    close(p[0]);
                    return 0;
                }
                int main(void) {
                    static char much[1 << 20];
                    on(SIGPIPE, hit, SA_RESTART);
                    pipe(p);
                    pthread_t t;
                    pthread_create(&t, 0, leave, 0);
                    long r = write(p[1], much, 65536);
                    printf("fills %ld handled %d\\n", r, handled);
                    r = write(p[1], much, 4096); // waits until there is nobody to read
                    printf("%ld %s handled %d\\n", r, strerror(errno), handled);
                    signal(SIGPIPE, SIG_IGN);
                    r = write(p[1], much, 1);
                    printf("%ld %s handled %d\\n", r, strerror(errno), handled);
                }
                """)).contains("-1 Broken pipe handled 1\n-1 Broken pipe handled 1\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "abort();| 6 | SIGABRT",
                "raise(SIGTERM);| 15 | SIGTERM",
                "*(volatile int *) 16 = 1;| 11 | SIGSEGV at 0x10, instruction 0x",
                "*(volatile char *) main = 1;| 11 | SIGSEGV at 0x",
                "int p[2]; pipe(p); close(p[0]); write(p[1], p, 4);| 13 | SIGPIPE",
                "__builtin_trap();| 4 | SIGILL at 0x",
                "raise(SIGCHLD); raise(SIGSTOP); kill(getpid(), SIGKILL);| 9 | the program killed itself",
                "signal(SIGSEGV, SIG_IGN); *(volatile int *) 16 = 1;| 11 | SIGSEGV at 0x10",
                "struct sigaction a = {.sa_handler = exit, .sa_flags = SA_ONSTACK}; sigaction(SIGSEGV, &a, 0);"
                        + " __asm__(\"mov $64, %rsp; push %rax\");| 11 | SIGSEGV: no stack",
            })
    void whatIsNotHandledEndsTheProgram(String statements, int number, String reason) throws Exception {
        Path program = compile("dies", "int main(void) { " + statements + "; return 0; }");
        Guest guest = Guest.run(program);
        assertThat(guest.end()).isInstanceOfSatisfying(Stop.Killed.class, killed -> {
            assertThat(killed.signal()).isEqualTo(number);
            assertThat(killed.reason()).contains(reason);
        });
    }

    @Test
    void memoryThatIsUsedUpEndsTheProgramAndSaysWhy() throws Exception {
        Path program = compile("hungry", """
                int main(void) {
                    for (;;) {
                        char *p = mmap(0, 64 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
                        if (p == MAP_FAILED) return 1;
                        for (int i = 0; i < 64 << 20; i += 4096) p[i] = 1;
                    }
                }
                """);
        assertThat(Guest.run(program).end()).isEqualTo(new Stop.Killed(9, "out of memory: limit 64 MiB"));
    }

    @Test
    void aHostileFrameHarmsOnlyTheProgram() throws Exception {
        Path program = compile("hostile", """
                static int round;
                static sigjmp_buf back;
                static void caught(int sig, siginfo_t *info, void *context) {
                    if (sig == SIGSEGV) siglongjmp(back, 1);
                    ucontext_t *c = context;
                    unsigned char *fp = (unsigned char *) c->uc_mcontext.fpregs;
                    switch (round) {
                    case 0: c->uc_mcontext.gregs[REG_RIP] = 0x8000000000000000; break;
                    case 1: c->uc_mcontext.gregs[REG_RIP] = 0x0000800000000000; break;
                    case 2: c->uc_mcontext.gregs[REG_EFL] = -1 & ~0x40100; break;
                    case 3: c->uc_mcontext.gregs[REG_CSGSFS] = 0x1010101010101010; break;
                    case 4: memset(fp + 512, 0xFF, 64); break;
                    case 5: memset(fp, 0xFF, 464); break;
                    case 6: c->uc_mcontext.fpregs = (void *) 0x4000000000000000; break;
                    case 7: c->uc_mcontext.fpregs = (void *) 12; break;
                    case 8: c->uc_mcontext.fpregs = 0; break;
                    case 9: c->uc_mcontext.gregs[REG_RSP] = 0x7fffffffffffffff; break;
                    case 10: memset(&c->uc_stack, 0xFF, sizeof c->uc_stack); break;
                    case 11: memset(fp + 464, 0xFF, 48); break;
                    case 12: memset(&c->uc_sigmask, 0xFF, 8); break;
                    case 13: c->uc_mcontext.gregs[REG_RIP] = 0xffff800000004000; break;
                    default: for (int i = 0; i < 440 + 2600; i++) if (rand() % 8 == 0) ((unsigned char *) context)[i] = rand();
                    }
                }
                int main(void) {
                    setbuf(stdout, 0);
                    static char other[64 << 10];
                    stack_t s = {.ss_sp = other, .ss_size = sizeof other};
                    sigaltstack(&s, 0);
                    on(SIGSEGV, caught, SA_NODEFER | SA_ONSTACK);
                    on(SIGUSR1, caught, 0);
                    for (round = 0; round < 14; round++) {
                        if (sigsetjmp(back, 1) == 0) raise(SIGUSR1);
                        sigset_t none;
                        sigemptyset(&none);
                        sigprocmask(SIG_SETMASK, &none, 0);
                        printf("%d ", round);
                    }
                    for (; round < 300; round++) {
                        srand(round);
                        sigaltstack(&s, 0);
                        if (sigsetjmp(back, 1) == 0) raise(SIGUSR1);
                    }
                    _exit(0);
                }
                """);
        Guest guest = Guest.run(program);
        assertThat(guest.out()).as("%s", guest).startsWith("0 1 2 3 4 5 6 7 8");
        // whatever it did to itself, the machine came back with one of these
        assertThat(guest.end()).isInstanceOfAny(Stop.Exited.class, Stop.Killed.class);
    }
}
