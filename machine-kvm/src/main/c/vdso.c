/*
 * The code that every program finds in its memory to read clocks without a system call (vdso(7)). It knows one thing: a
 * page behind it, which the host writes while the program does not run. Where the page says nothing about a clock, or is
 * too old, it makes the system call, and the host renews the page.
 *
 * No libc, no data, no relocations; text and headers fit into one page.
 */
typedef unsigned int u32;
typedef unsigned long u64;

struct timespec { long seconds, nanos; };
struct timeval { long seconds, micros; };
struct timezone { int west, dst; };

/* As mayfly.machine.kvm.cpu.TimePage writes it. */
struct time_page {
    u32 sequence;           /* another one after each change */
    u32 unused;
    u64 base;               /* time stamp counter at which the times below were right */
    u64 ticks;              /* for how many ticks after base the page can be used; 0: not at all */
    u64 scale;              /* nanoseconds per tick, times 2^32 */
    u64 monotonic;          /* nanoseconds */
    u64 realtime;           /* nanoseconds since 1970 */
};

extern const volatile struct time_page page __attribute__((visibility("hidden")));

enum { REALTIME = 0, MONOTONIC = 1, MONOTONIC_RAW = 4, REALTIME_COARSE = 5, MONOTONIC_COARSE = 6, BOOTTIME = 7, TAI = 11 };
enum { CALL_GETTIMEOFDAY = 96, CALL_TIME = 201, CALL_CLOCK_GETTIME = 228, CALL_CLOCK_GETRES = 229 };
enum { SECOND = 1000000000, COARSE_NANOS = 4000000 };

#define REAL_CLOCKS (1u << REALTIME | 1u << REALTIME_COARSE | 1u << TAI)
#define MONOTONIC_CLOCKS (1u << MONOTONIC | 1u << MONOTONIC_RAW | 1u << MONOTONIC_COARSE | 1u << BOOTTIME)
#define EXPORTED __attribute__((visibility("default")))

static long call(long number, long first, long second) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
}

static u64 ticks(void) {
    u32 low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64)high << 32 | low;
}

static int now(int real, u64 *nanos) {
    u32 sequence;
    do {
        sequence = page.sequence;
        u64 passed = ticks() - page.base;
        if (passed >= page.ticks) return 0;
        *nanos = (real ? page.realtime : page.monotonic) + (u64)((unsigned __int128)passed * page.scale >> 32);
    } while (page.sequence != sequence);
    return 1;
}

EXPORTED int __vdso_clock_gettime(int clock, struct timespec *time) {
    u64 nanos;
    u32 bit = (u32)clock < 32 ? 1u << clock : 0;
    if (!(bit & (REAL_CLOCKS | MONOTONIC_CLOCKS)) || !now((bit & REAL_CLOCKS) != 0, &nanos))
        return (int)call(CALL_CLOCK_GETTIME, clock, (long)time);
    time->seconds = (long)(nanos / SECOND);
    time->nanos = (long)(nanos % SECOND);
    return 0;
}

EXPORTED int __vdso_clock_getres(int clock, struct timespec *resolution) {
    u32 bit = (u32)clock < 32 ? 1u << clock : 0;
    if (!(bit & (REAL_CLOCKS | MONOTONIC_CLOCKS))) return (int)call(CALL_CLOCK_GETRES, clock, (long)resolution);
    if (resolution) {
        resolution->seconds = 0;
        resolution->nanos = clock == REALTIME_COARSE || clock == MONOTONIC_COARSE ? COARSE_NANOS : 1;
    }
    return 0;
}

EXPORTED int __vdso_gettimeofday(struct timeval *time, struct timezone *zone) {
    u64 nanos;
    if (!now(1, &nanos)) return (int)call(CALL_GETTIMEOFDAY, (long)time, (long)zone);
    if (time) {
        time->seconds = (long)(nanos / SECOND);
        time->micros = (long)(nanos % SECOND / 1000);
    }
    if (zone) zone->west = zone->dst = 0;
    return 0;
}

EXPORTED long __vdso_time(long *time) {
    u64 nanos;
    if (!now(1, &nanos)) return call(CALL_TIME, (long)time, 0);
    long seconds = (long)(nanos / SECOND);
    if (time) *time = seconds;
    return seconds;
}

/* One processor. */
EXPORTED long __vdso_getcpu(u32 *processor, u32 *node, void *unused) {
    (void)unused;
    if (processor) *processor = 0;
    if (node) *node = 0;
    return 0;
}

int clock_gettime(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_gettime"))) EXPORTED;
int clock_getres(int, struct timespec *) __attribute__((weak, alias("__vdso_clock_getres"))) EXPORTED;
int gettimeofday(struct timeval *, struct timezone *) __attribute__((weak, alias("__vdso_gettimeofday"))) EXPORTED;
long time(long *) __attribute__((weak, alias("__vdso_time"))) EXPORTED;
long getcpu(u32 *, u32 *, void *) __attribute__((weak, alias("__vdso_getcpu"))) EXPORTED;
