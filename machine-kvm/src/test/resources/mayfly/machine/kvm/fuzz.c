#include <sys/time.h>
/* Random system calls: part of a program that Victim.java frames. arg is the seed. */
static uint64_t x;
static uint64_t next(void) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; return x; }
static char rw[1 << 16] __attribute__((aligned(4096)));
static const char ro[8192] __attribute__((aligned(4096))) = "read only";
static char *edge, *none, *low;
static const char *const paths[] = {"/tmp/a", "/tmp/b", "/tmp/d", "/tmp/d/e", "/tmp", "/", "", ".", "..",
    "../../../../etc/passwd", "/app", "/app/fuzz", "/app/tree/deep/file", "/app/tree/link",
    "/app/tree/out", "/app/tree/../../../etc/shadow", "/proc/self/fd/0", "/proc/self/maps",
    "/proc/self/exe", "/proc/self/root/etc/shadow", "/proc/self/mem", "/proc/1/root", "/dev/null",
    "/dev/zero", "/dev/full", "/dev/random", "/dev/shm/x", "/dev/kvm", "/etc/shadow", "/app/tree/deep/",
    "/tmp/a/b", "//tmp//a", "/tmp/./../tmp/a", "/app/tree/new"};
static uint64_t word(void) {
    uint64_t r = next();
    switch (r % 22) {
        case 0: return 0;
        case 1: return -1;
        case 2: case 3: return (r >> 8) % 24;
        case 4: return (r >> 8) % 5000;
        case 5: return 1ull << ((r >> 8) % 64);
        case 6: return -(1ull << ((r >> 8) % 64));
        case 7: case 8: case 9: return (uint64_t)rw + (r >> 8) % sizeof rw / 8 * 8;
        case 10: return (uint64_t)ro + (r >> 8) % sizeof ro;
        case 11: return (uint64_t)edge + 4096 - (r >> 8) % 40;
        case 12: return (uint64_t)none + (r >> 8) % 4096;
        case 13: return (uint64_t)low;
        case 14: case 15: return (uint64_t)paths[(r >> 8) % (sizeof paths / sizeof *paths)];
        case 16: return 0xffff800000000000ull + (r >> 8) % 65536;
        case 17: return 0x7ffffff00000ull + (r >> 8) % 65536;
        case 18: return (uint64_t)(r >> 8) % 0x10000 * 0x1000;
        case 19: return 0x7fffffffffffffffull - (r >> 8) % 5000;
        case 20: return (uint32_t)-100;
        default: return r >> ((r >> 3) % 64);
    }
}
static long raw(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
    asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return n;
}
/* Calls with arguments that have a chance. f descriptor, d directory, p path, b buffer, l length, o offset, i small,
   g some bits, a address of a page, P protection, M flags of mmap, S signal, t timespec, v iovecs, s structure,
   8 the size of a signal set, k clock, w word of a futex, F operation of it, n a process or thread, 1 one */
static const struct { short number; const char *kinds; } typed[] = {
    {0, "fbl"}, {1, "fbl"}, {2, "pgi"}, {3, "f"}, {4, "pb"}, {5, "fb"}, {6, "pb"}, {7, "sii"}, {8, "foi"},
    {9, "alPMfo"}, {10, "alP"}, {11, "al"}, {12, "a"}, {13, "Sss8"}, {14, "iss8"}, {16, "fgb"}, {17, "fblo"},
    {18, "fblo"}, {19, "fvi"}, {20, "fvi"}, {21, "pi"}, {22, "b"}, {23, "isssb"}, {25, "allii"}, {26, "ali"},
    {27, "alb"}, {28, "ali"}, {32, "f"}, {33, "ff"}, {36, "ib"}, {37, "i"}, {38, "isb"}, {39, ""}, {40, "ffbl"},
    {62, "nS"}, {63, "b"}, {72, "fil"}, {73, "fi"}, {74, "f"}, {76, "po"}, {77, "fo"}, {78, "fbl"}, {79, "bl"},
    {80, "p"}, {81, "f"}, {82, "pp"}, {83, "pi"}, {84, "p"}, {85, "pi"}, {86, "pp"}, {87, "p"}, {88, "pp"},
    {89, "pbl"}, {90, "pg"}, {91, "fg"}, {92, "pii"}, {95, "g"}, {96, "bb"}, {97, "ib"}, {98, "ib"}, {99, "b"},
    {100, "b"}, {127, "b8"}, {128, "sbt8"}, {129, "nSs"}, {131, "ss"}, {132, "ps"}, {133, "pgi"}, {137, "pb"},
    {138, "fb"}, {157, "gaaai"}, {158, "ga"}, {160, "is"}, {186, ""}, {200, "nS"}, {201, "b"}, {202, "wFitwi"},
    {203, "nlb"}, {204, "nlb"}, {213, "i"}, {217, "fbl"}, {218, "b"}, {221, "foli"}, {222, "ksb"}, {223, "iiss"},
    {224, "ib"}, {225, "i"}, {226, "i"}, {228, "kb"}, {229, "kb"}, {230, "kitb"}, {232, "fbii"}, {233, "fifs"},
    {234, "nnS"}, {235, "ps"}, {247, "iibi"}, {257, "dpgi"}, {258, "dpi"}, {259, "dpii"}, {260, "dpiii"},
    {261, "dps"}, {262, "dpbg"}, {263, "dpg"}, {264, "dpdp"}, {265, "dpdpi"}, {266, "pdp"}, {267, "dpbl"},
    {268, "dpi"}, {269, "dpi"}, {270, "isssts"}, {271, "sits8"}, {273, "bl"}, {274, "nbb"}, {275, "fofolg"},
    {276, "ffli"}, {277, "fooi"}, {280, "dpsg"}, {281, "fbiis8"}, {283, "kg"}, {284, "i"}, {285, "fioo"},
    {286, "fiss"}, {287, "fb"}, {288, "fbbi"}, {290, "ig"}, {291, "g"}, {292, "ffg"}, {293, "bg"}, {295, "fvio"},
    {296, "fvio"}, {302, "niss"}, {309, "bb"}, {316, "dpdpi"}, {318, "bli"}, {319, "pg"}, {324, "ii"}, {325, "al"},
    {326, "fsfsli"}, {327, "fviooi"}, {328, "fviooi"}, {332, "dpggb"}, {334, "bliS"}, {437, "dpsl"}, {439, "dpig"},
    {436, "iig"}, {441, "fbits8"}, {449, "sitk"},
};
static char *arena;
static long ready(char kind) {
    uint64_t r = next(), s = r >> 8;
    if (r % 32 == 0) return word();
    uint64_t *space = (uint64_t *)(rw + s % 1000 * 64);
    switch (kind) {
        case 'f': return s % 22;
        case 'd': return s % 2 ? -100 : s % 22;
        case 'p': return (long)paths[s % (sizeof paths / sizeof *paths)];
        case 'b': case 's': return (long)space;
        case 'l': return s % 8 ? s % 9000 : s % 3000000;
        case 'o': return s % 4 ? s % 20000 : s % 40 - 20;
        case 'i': return s % 12;
        case 'g': return (s % 3 ? 1ul << s % 24 : 0) | (s % 5 ? 1ul << (s >> 8) % 24 : 0) | s % 4;
        case 'a': return s % 8 ? (long)arena + (s >> 4) % 96 * 4096 : 0;
        case 'P': return s % 8;
        case 'M': { static const int f[] = {0x22, 2, 0x32, 0x12, 0x11, 1, 0x100022, 0x4022, 0x21, 0x42}; return f[s % 10]; }
        case 'S': return s % 66;
        case 't': space[0] = s % 50 == 0; space[1] = s % 2000000; return s % 4 ? (long)space : 0;
        case 'v':
            for (int i = 0; i < 8; i++) {
                space[2 * i] = next() % 8 ? (uint64_t)rw + next() % sizeof rw : word();
                space[2 * i + 1] = next() % 8 ? next() % 5000 : word();
            }
            return (long)space;
        case '8': return 8;
        case 'k': return s % 13;
        case 'w': return (long)rw + s % 8 * 4;
        case 'F': return s % 14 | (s >> 8) % 4 << 7;
        case 'n': return s % 3 ? 2 : s % 10;
    }
    return 0;
}
static volatile int signals;
static void handle(int number, siginfo_t *info, void *context) { signals++; }
static void *quiet(void *unused) { for (;;) { struct timespec t = {0, 300000}; nanosleep(&t, 0); } }
static void attack(long rounds) {
    x = arg | 1;
    for (int i = 0; i < 10; i++) next();
    edge = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(edge + 4096, 4096);
    none = mmap(0, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    low = mmap((void *)0x10000, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    int pair[2];
    open("/tmp/a", O_RDWR | O_CREAT, 0600);
    open("/app/tree/deep/file", O_RDONLY);
    open("/app/tree", O_RDONLY | O_DIRECTORY);
    open("/dev/zero", O_RDWR);
    pipe(pair);
    raw(284, 0, 0, 0, 0, 0, 0);   /* eventfd */
    raw(290, 5, 0x800, 0, 0, 0, 0);
    raw(291, 0, 0, 0, 0, 0, 0);   /* epoll */
    raw(283, 1, 0, 0, 0, 0, 0);   /* timerfd */
    raw(283, 0, 0x800, 0, 0, 0, 0);
    raw(83, (long)"/tmp/d", 0700, 0, 0, 0, 0);
    arena = mmap(0, 96 * 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int i = 1; i < 65; i++) if (i != SIGSEGV && i != SIGILL && i != SIGBUS) sigaction(i, &action, 0);
    action.sa_flags = SA_SIGINFO; /* a call that waits comes back */
    sigaction(SIGALRM, &action, 0);
    struct itimerval often = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &often, 0);
    pthread_t thread;
    if (x % 4 == 0) pthread_create(&thread, 0, quiet, 0);
    for (long i = 0; i < rounds; i++) {
        uint64_t r = next();
        if (i % 8 == 0) { /* so that what waits comes back */
            uint64_t alarm = 1ul << (SIGALRM - 1);
            raw(14, SIG_UNBLOCK, (long)&alarm, 0, 8, 0, 0);
            sigaction(SIGALRM, &action, 0);
            setitimer(ITIMER_REAL, &often, 0);
        }
        if (r % 4) {
            int one = next() % (sizeof typed / sizeof *typed);
            if ((typed[one].number == 3 || typed[one].number == 13) && next() % 4) continue;
            long a[6] = {0};
            for (int k = next() % 8; k > 0; k--) ((uint64_t *)rw)[next() % 8000] = word();
            for (int k = 0; k < 6 && typed[one].kinds[k]; k++) a[k] = ready(typed[one].kinds[k]);
            raw(typed[one].number, a[0], a[1], a[2], a[3], a[4], a[5]);
            continue;
        }
        long n = r % 64 == 0 ? word() : r % 4 == 0 ? (r >> 8) % 471 : (r >> 8) % 336;
        /* these only end the round or make it wait */
        if ((n == 15 || n == 60 || n == 231 || n == 34 || n == 130 || n == 35 || n == 230) && (r >> 40) % 64) continue;
        if ((n == 3 || n == 9 || n == 11 || n == 12 || n == 25 || n == 436) && (r >> 40) % 4) continue;
        for (int k = (r >> 50) % 24; k > 0; k--) ((uint64_t *)rw)[next() % 512] = word();
        raw(n, word(), word(), word(), word(), word(), word());
    }
}
