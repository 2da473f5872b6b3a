package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that want more than there is: each stops at its limit, and the machine is as before after its reset. */
class HostileProgramsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ROUNDS = Integer.getInteger("mayfly.rounds", 1500);
    private static final Duration SHORT = Duration.ofMillis(60);

    private static final String GUEST = """
            #include <sys/epoll.h>
            #include <ucontext.h>
            #include <sys/eventfd.h>
            #include <sys/timerfd.h>
            #include <sys/socket.h>
            static long raw(long n, long a, long b, long c, long d, long e, long f) {
                register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
                asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                             : "rcx", "r11", "memory");
                return n;
            }
            static void fault(int s) { (void)s; }
            static void hold(int s) { for (;;); }
            static void deepen(int s) { raise(s); }
            static void *spin(void *p) { for (;;) (*(volatile int *)p)++; }
            static void *sleeper(void *p) { for (;;) pause(); }
            static int until(int (*one)(void), int max, int error) {
                for (int i = 0; i < max; i++) if (one() < 0) return errno == error ? i : (fprintf(stderr, "%m"), -2);
                return -1;
            }
            static int duplicate(void) { return dup(3); }
            static int event(void) { return eventfd(0, 0); }
            static int timer(void) { return timerfd_create(CLOCK_MONOTONIC, 0); }
            static int poller(void) { return epoll_create1(0); }
            static int pipes(void) { int p[2]; return pipe(p); }
            static int memory(void) { return memfd_create("x", 0); }
            static int file(void) { return open("/tmp", O_TMPFILE | O_RDWR, 0600); }
            static int host(void) { return open("/app/programs", O_RDONLY); }
            static int names;
            static int name(void) { char p[32]; sprintf(p, "/tmp/n%d", names++); int f = open(p, O_CREAT | O_RDWR, 0600); if (f >= 0) close(f); return f; }
            static int dirs(void) { char p[32]; sprintf(p, "/tmp/d%d", names++); return mkdir(p, 0700); }
            static int deeper(void) { if (mkdir("d", 0700)) return -1; return chdir("d"); }
            static int links(void) { char p[32]; sprintf(p, "/tmp/l%d", names++); return symlink("/tmp", p); }
            static char block[1 << 20];
            static int out;
            static int fill(void) { return write(out, block, sizeof block) == sizeof block ? 0 : -1; }
            static int thread(void) { pthread_t t; pthread_attr_t a; pthread_attr_init(&a);
                pthread_attr_setstacksize(&a, 16384); int e = pthread_create(&t, &a, sleeper, 0); errno = e; return -e; }
            static int map(void) { return mmap(0, 4096, names++ & 1 ? 1 : 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) == MAP_FAILED ? -1 : 0; }
            static int reserve(void) { return mmap(0, 1 << 20, 3, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0; }
            static int timers(void) { timer_t t; struct sigevent e = {.sigev_notify = SIGEV_NONE}; return timer_create(CLOCK_MONOTONIC, &e, &t); }
            static int watched;
            static int watch(void) { struct epoll_event e = {0}; int f = dup(0); return epoll_ctl(watched, EPOLL_CTL_ADD, f, &e); }
            static int nested(void) { int f = epoll_create1(0); struct epoll_event e = {.events = EPOLLIN};
                if (f < 0) return -1; int r = epoll_ctl(f, EPOLL_CTL_ADD, watched, &e); watched = f; return r; }
            static void check(int count, int least) { if (count < least) { fprintf(stderr, "count %d", count); abort(); } }
            static void lists(void) {
                static int list[4][300];
                struct epoll_event e = {.events = EPOLLIN};
                for (int l = 0; l < 4; l++) for (int i = 0; i < 300; i++) {
                    list[l][i] = epoll_create1(0);
                    for (int k = 0; l && k < 300; k++) epoll_ctl(list[l][i], EPOLL_CTL_ADD, list[l - 1][k], &e);
                }
                for (int i = 0; i < 300; i++) epoll_wait(list[3][i], &e, 1, 0);
            }
            static int amplify(void) {
                if (mmap(0, 4096, PROT_READ, MAP_PRIVATE, out, 0) == MAP_FAILED) return -1;
                return pwrite(out, block, sizeof block, 0) == sizeof block ? 0 : -1;
            }
            static int registers;
            static void mangle(int s, siginfo_t *info, void *context) {
                ucontext_t *u = context;
                unsigned char *bytes = (unsigned char *)u->uc_mcontext.fpregs;
                srand(arg * 1000 + registers++);
                for (int i = rand() % 30; i >= 0; i--) bytes[arg % 2 ? 512 + rand() % 64 : rand() % 2600] = rand();
                if (arg % 3 == 0) u->uc_mcontext.gregs[REG_EFL] = rand();
                if (arg % 5 == 0) u->uc_mcontext.gregs[REG_CSGSFS] = rand() | (long)rand() << 32;
                if (arg % 7 == 0 && registers > 20) u->uc_mcontext.gregs[rand() % NGREG] = rand() | (long)rand() << 33;
            }
            static void attack(long n) {
                switch (n) {
                    case 0: for (;;); break;
                    case 1: for (;;) getppid(); break;
                    case 2: signal(SIGSEGV, fault); *(volatile int *)8 = 1; break;      /* faults for ever */
                    case 3: signal(SIGALRM, hold); raise(SIGALRM); break;
                    case 4: { int x; pthread_t t; for (int i = 0; i < 8; i++) pthread_create(&t, 0, spin, &x); for (;;); }
                    case 5: for (;;) sched_yield(); break;
                    case 6: { struct timespec t = {0, 1}; for (;;) nanosleep(&t, 0); } break;
                    case 7: for (;;) { void *p = mmap(0, 1ul << 45, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0); munmap(p, 1ul << 45); } break;
                    case 8: for (;;) read(open("/dev/zero", 0), block, sizeof block); break;
                    case 9: { struct timespec t = {1ul << 40, 0}; for (;;) nanosleep(&t, 0); } break;
                    case 20: check(until(duplicate, 100000, EMFILE), 1000); break;
                    case 21: check(until(event, 100000, EMFILE), 1000); break;
                    case 22: check(until(timer, 100000, EMFILE), 1000); break;
                    case 23: check(until(poller, 100000, EMFILE), 1000); break;
                    case 24: check(until(pipes, 100000, EMFILE), 100); break;
                    case 25: check(until(file, 100000, errno), 10); break;
                    case 26: check(until(host, 100000, EMFILE), 1000); break;
                    case 27: check(until(name, 100000, ENOSPC), 10); break;
                    case 28: check(until(dirs, 100000, ENOSPC), 10); break;
                    case 29: chdir("/tmp"); until(deeper, 100000, 0); break;
                    case 30: check(until(links, 100000, ENOSPC), 10); break;
                    case 31: out = open("/tmp/big", O_CREAT | O_RDWR, 0600); until(fill, 100000, ENOSPC); break;
                    case 32: out = memory(); until(fill, 100000, 0); break;
                    case 33: check(until(thread, 100000, EAGAIN), 10); break;
                    case 34: check(until(map, 1000000, ENOMEM), 1000); break;
                    case 35: check(until(reserve, 1000000, ENOMEM), 10); break;
                    case 36: until(timers, 100000, EAGAIN); break;
                    case 37: watched = epoll_create1(0); until(watch, 100000, 0); break;
                    case 38: watched = epoll_create1(0); until(nested, 100000, 0); break;
                    case 39: { char *p = mmap(0, 1ul << 40, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0); for (;; p += 4096) *p = 1; }
                    case 40: { char *p = mmap(0, 1ul << 40, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0); for (;; p += 1 << 21) *p = 1; }
                    case 41: { struct sigaction a = {.sa_handler = deepen, .sa_flags = SA_NODEFER}; sigaction(SIGUSR1, &a, 0); raise(SIGUSR1); break; }
                    case 42: for (;;) sbrk(4096) == (void *)-1 ? abort() : 0; break;
                    case 43: for (long i = 0; i < 200000; i++) raw(i, 0, 0, 0, 0, 0, 0); break;
                    case 44: { sigset_t all; sigfillset(&all); sigprocmask(0, &all, 0); } for (long i = 0; i < 20000; i++) kill(getpid(), 0), sigqueue(getpid(), 34, (union sigval){0}); break;
                    case 45: ftruncate(memory(), 1ul << 62); ftruncate(file(), 1ul << 40); fallocate(file(), 0, 0, 1ul << 40); break;
                    case 47: lists(); break;
                    case 48: out = memory(); write(out, block, sizeof block); if (until(amplify, 3000, ENOMEM) < 2) abort(); break;
                    case 49: { struct sigaction a = {.sa_sigaction = mangle, .sa_flags = SA_SIGINFO}; sigaction(SIGUSR1, &a, 0);
                        for (int i = 0; i < 40; i++) raise(SIGUSR1); break; }
                    case 50: for (long i = 0; i < 2000; i++) {
                        char *p = mmap((char *)0x10000000000 + (i << 21), 4096, 3, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0);
                        if (p == MAP_FAILED) break; *p = 1; }
                        break;
                    case 51: until(map, 20000, ENOMEM);
                        for (int i = 0; i < 60; i++) { char c; int f = open("/proc/self/maps", O_RDONLY); if (read(f, &c, 1) != 1) abort(); }
                        break;
                    case 52: signal(SIGILL, fault); asm volatile("ud2"); break;     /* the same with illegal instructions */
                    case 53: for (int p[2]; pipe2(p, O_NONBLOCK) == 0; ) while (write(p[1], block, 4096) > 0); break;
                    case 54: for (int p[2]; socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == 0; )
                        for (int i = 0; i < 2; i++) while (write(p[i], block, 4096) > 0); break;
                    case 55: for (int i = 0; i < 1000; i++) eventfd(0, 0);
                        for (int l; (l = epoll_create1(0)) >= 0; ) for (int i = 4; i < 1004; i++) {
                            struct epoll_event e = {.events = EPOLLIN}; if (epoll_ctl(l, EPOLL_CTL_ADD, i, &e) < 0) return; } break;
                    case 56: for (int i = 0; i < 2000; i++) if (name() < 0) break;
                        for (int d; (d = open("/tmp", O_RDONLY | O_DIRECTORY)) >= 0; ) raw(SYS_getdents64, d, (long)block, 4096, 0, 0, 0);
                        break;
                    case 57: for (;;) { out = memory(); if (write(out, block, sizeof block) < 4096) break;
                        if (mmap(0, 4096, PROT_READ, MAP_PRIVATE, out, 0) == MAP_FAILED) break; close(out); } break;
                    case 46: out = file(); pwrite(out, "x", 1, 1ul << 62); lseek(out, 1ul << 62, 0); write(out, "x", 1); break;
                }
            }
            """;

    private static final List<Integer> ENDLESS = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);

    @Test
    void endlessOnesAreInterruptedAndCanGoOn(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        String before = Victim.held();
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                for (int attack : ENDLESS) {
                    assertThat(victim.ask(attack, 0, SHORT))
                            .as("attack %d", attack)
                            .isIn("interrupted", "idle");
                    Stop stop = victim.goOn(SHORT);
                    assertThat(stop instanceof Stop.Interrupted || stop instanceof Stop.Idle)
                            .as("attack %d went on to %s", attack, stop)
                            .isTrue();
                    victim.recover(attack);
                }
            }
            return null;
        });
        Victim.assertNoMoreIsHeld(before);
    }

    @Test
    void greedyOnesComeToALimit(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        String before = Victim.held();
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                String forked = Victim.held();
                for (int attack = 20; attack <= 48; attack++) {
                    String outcome = victim.attack(attack, 0, PATIENCE);
                    assertThat(outcome)
                            .as("attack %d", attack)
                            .doesNotContain("bug")
                            .matches("(?s)(ok|11 .*|31 .*|6 .*|9 .*)");
                    if (attack > 46) {
                        assertThat(outcome).as("attack %d", attack).isEqualTo("ok");
                    }
                    assertThat(Victim.held()).as("after attack %d", attack).isEqualTo(forked);
                }
            }
            return null;
        });
        Victim.assertNoMoreIsHeld(before);
    }

    /** An exception that KVM was about to raise when time was up is not the next request's. */
    @Test
    void aResetForgetsExceptionsUnderWay(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                for (int i = 0; i < ROUNDS; i++) {
                    assertThat(victim.ask(i % 2 == 0 ? 2 : 52, 0, Duration.ofNanos(250_000 + i * 97L)))
                            .isEqualTo("interrupted");
                    victim.machine().reset();
                    assertThat(victim.ask(-1, 0, PATIENCE)).as("round %d", i).isEqualTo("ok");
                    victim.machine().reset();
                }
            }
            return null;
        });
    }

    /** Page tables stay over a reset; one that has too few left must not be given to the next. */
    @Test
    void aMachineWithoutPageTablesIsWorn(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                victim.attack(20, 0, PATIENCE);
                assertThat(victim.machine().isWorn()).isFalse();
                victim.attack(50, 0, PATIENCE);
                assertThat(victim.machine().isWorn()).isTrue();
            }
            return null;
        });
    }

    /** What a program reads in /proc is made for it, and would stay in our memory while it is open. */
    @Test
    void manyOpenMapsTakeLittleMemory(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                long before = heap();
                assertThat(victim.ask(51, 0, PATIENCE)).isEqualTo("ok");
                assertThat(heap() - before).isLessThan(40L << 20);
                victim.recover(51);
            }
            return null;
        });
    }

    /** Kernel objects are in our heap: what one machine may have of them is bounded, and all of it is given back. */
    @Test
    void kernelObjectsTakeLittleMemory(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 32 << 20)) {
                for (int attack = 53; attack <= 57; attack++) {
                    long before = heap();
                    assertThat(victim.ask(attack, 0, PATIENCE))
                            .as("attack %d", attack)
                            .isEqualTo("ok");
                    assertThat(heap() - before).as("attack %d", attack).isLessThan(40L << 20);
                    victim.recover(attack);
                    assertThat(victim.machine().program().files().kernelMemory().used())
                            .isZero();
                }
            }
            return null;
        });
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** A handler writes anything into the registers that it comes back to: the program may end, the machine does not. */
    @Test
    void mangledSignalFramesOnlyHurtTheProgram(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "programs", GUEST);
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                for (int seed = 1; seed < 150; seed++) {
                    assertThat(victim.attack(49, seed, SHORT))
                            .as("seed %d", seed)
                            .doesNotContain("bug");
                }
            }
            return null;
        });
    }

    /** Every call with every bad pointer in every place: an error or a result, and never more. */
    @Test
    void badPointersAreErrors(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Victim.compile(directory, "pointers", """
                static const unsigned long bad[] = {1, 0xfff, 0x10000, 0x7ffffff00000, 0x7ffffffffffffff8,
                    0x8000000000000000, 0xffff800000001000, 0xffffffffffffffff, 0xfffffffffffff000, (unsigned long)-4095};
                static void attack(long n) {
                    asm volatile("" ::: "memory");
                    long at = arg % 7;
                    unsigned long p = bad[arg / 7 % 10];
                    long a[6] = {3, 64, 64, 64, 64, 64};
                    if (arg / 70 % 2) a[0] = (long)"/app";
                    if (at < 6) a[at] = p; else for (int i = 0; i < 6; i++) a[i] = p;
                    register long r10 asm("r10") = a[3], r8 asm("r8") = a[4], r9 asm("r9") = a[5];
                    long r = n;
                    asm volatile("syscall" : "+a"(r) : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                                 : "rcx", "r11", "memory");
                }
                """);
        int every = Boolean.getBoolean("mayfly.soak") ? 1 : 9;
        Bed.on((kvm, signal) -> {
            try (Victim victim = Victim.start(kvm, signal, program, 8 << 20)) {
                for (int call = 0; call < 470; call++) {
                    for (int kind = call % every; kind < 140; kind += every) {
                        String outcome = victim.ask(call, kind, SHORT);
                        assertThat(outcome).as("call %d, kind %d", call, kind).doesNotContain("bug");
                        victim.machine().reset();
                    }
                    victim.recover(call);
                }
            }
            return null;
        });
    }
}
