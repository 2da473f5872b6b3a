package mayfly.machine.kvm;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeTest {
    /** Headers and SAY, which prints an expression and what it gives. */
    static final String HEAD = """
            #include <errno.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <pthread.h>
            #include <sched.h>
            #include <signal.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/epoll.h>
            #include <sys/eventfd.h>
            #include <sys/prctl.h>
            #include <sys/random.h>
            #include <sys/resource.h>
            #include <sys/select.h>
            #include <sys/syscall.h>
            #include <sys/sysinfo.h>
            #include <sys/time.h>
            #include <sys/timerfd.h>
            #include <sys/times.h>
            #include <time.h>
            #include <unistd.h>
            #define SAY(e) do { errno = 0; long r_ = (long) (e); printf("%s = %ld %d\\n", #e, r_, r_ < 0 ? errno : 0); } while (0)
            """;

    @TempDir
    Path directory;

    private void sameAsOnHost(String body) throws Exception {
        GuestProgram.compile(directory, HEAD + body).sameAsOnHost();
    }

    @Test
    void timeGoesOnAndSleepsSleep() throws Exception {
        sameAsOnHost("""
                static long long now(int c) { struct timespec t; if (clock_gettime(c, &t)) return -errno; return t.tv_sec * 1000000000LL + t.tv_nsec; }
                int main(void) {
                    for (int c = 0; c < 8; c++) { struct timespec r; printf("%d %d %d\\n", c, now(c) > 0, clock_getres(c, &r)); }
                    long long a = now(1), r = now(0);
                    struct timespec t = {0, 30000000}, rem = {7, 7};
                    SAY(nanosleep(&t, &rem));
                    long long b = now(1);
                    printf("%d %d %ld\\n", b - a >= 30000000, now(0) - r >= 29000000, rem.tv_sec);
                    t.tv_sec = (b + 20000000) / 1000000000; t.tv_nsec = (b + 20000000) % 1000000000;
                    SAY(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0));
                    printf("%d\\n", now(1) - b >= 20000000);
                    long long w = now(0) + 20000000; t.tv_sec = w / 1000000000; t.tv_nsec = w % 1000000000;
                    SAY(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, 0));
                    printf("%d\\n", now(0) >= w);
                    SAY(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1, 0}, 0));
                    SAY(clock_nanosleep(3, 0, &t, 0)); SAY(clock_nanosleep(77, 0, &t, 0));
                    t.tv_nsec = -1; SAY(nanosleep(&t, 0)); t.tv_nsec = 1000000000; SAY(nanosleep(&t, 0)); t.tv_nsec = 0; t.tv_sec = -1; SAY(nanosleep(&t, 0));
                    SAY(syscall(SYS_nanosleep, 1, 0));
                    struct timeval tv; struct timezone tz = {9, 9};
                    SAY(gettimeofday(&tv, &tz)); printf("%d %d %d\\n", tz.tz_minuteswest, tz.tz_dsttime, tv.tv_usec < 1000000);
                    time_t sec; long s = syscall(SYS_time, &sec); printf("%d %d\\n", s == sec, labs(s - (long) tv.tv_sec) < 3);
                    long long previous = 0; int back = 0;
                    for (int i = 0; i < 2000; i++) { long long n = now(1); if (n < previous) back++; previous = n; }
                    printf("back %d\\n", back);
                    long long p = now(2); volatile int x = 0; for (int i = 0; i < 20000000; i++) x++;
                    printf("cpu %d %d\\n", now(2) > p, now(3) > 0);
                    clockid_t id; SAY(clock_getcpuclockid(0, &id)); printf("%d\\n", now(id) >= p);
                    SAY(pthread_getcpuclockid(pthread_self(), &id)); printf("%d\\n", now(id) > 0);
                    struct tms tm; printf("%d\\n", times(&tm) > 0);
                    struct rusage u; SAY(getrusage(RUSAGE_SELF, &u)); printf("%d %d\\n", u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec > 0, u.ru_maxrss > 0);
                    SAY(getrusage(RUSAGE_CHILDREN, &u)); SAY(getrusage(5, &u)); SAY(syscall(SYS_getrusage, 0, 8));
                }
                """);
    }

    @Test
    void whatAProgramAsksAboutItself() throws Exception {
        sameAsOnHost("""
                int main(void) {
                    char b[64] = {0}; SAY(getrandom(b, 64, 0)); int z = 0; for (int i = 0; i < 64; i++) z += b[i] == 0; printf("%d\\n", z < 10);
                    SAY(getrandom(b, 8, 99)); SAY(syscall(SYS_getrandom, 8, 8, 0));
                    struct rlimit l; SAY(getrlimit(RLIMIT_STACK, &l)); printf("%ld\\n", (long) l.rlim_cur);
                    SAY(getrlimit(RLIMIT_NOFILE, &l)); l.rlim_cur = 100; l.rlim_max = 50; SAY(setrlimit(RLIMIT_NOFILE, &l));
                    l.rlim_cur = 64; l.rlim_max = 64; SAY(setrlimit(RLIMIT_NOFILE, &l)); SAY(getrlimit(RLIMIT_NOFILE, &l));
                    printf("%ld %ld\\n", (long) l.rlim_cur, (long) l.rlim_max);
                    SAY(getrlimit(99, &l)); SAY(prlimit(getpid(), RLIMIT_CORE, 0, &l));
                    SAY(prctl(PR_SET_NAME, "a long name of a thread")); SAY(prctl(PR_GET_NAME, b)); printf("%s\\n", b);
                    int v = 9; SAY(prctl(PR_SET_PDEATHSIG, 15)); SAY(prctl(PR_GET_PDEATHSIG, &v)); printf("%d\\n", v); SAY(prctl(PR_SET_PDEATHSIG, 99));
                    SAY(prctl(PR_GET_DUMPABLE)); SAY(prctl(PR_SET_DUMPABLE, 0)); SAY(prctl(PR_GET_DUMPABLE)); SAY(prctl(PR_SET_DUMPABLE, 7));
                    SAY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); SAY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); SAY(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
                    SAY(prctl(PR_GET_TIMERSLACK)); SAY(prctl(PR_SET_TIMERSLACK, 1000)); SAY(prctl(PR_GET_TIMERSLACK)); SAY(prctl(PR_SET_TIMERSLACK, 0)); SAY(prctl(PR_GET_TIMERSLACK));
                    SAY(prctl(12345)); SAY(prctl(PR_GET_SECCOMP)); SAY(syscall(SYS_prctl, PR_GET_NAME, 8));
                    cpu_set_t set; CPU_ZERO(&set); SAY(sched_setaffinity(0, sizeof set, &set)); CPU_SET(0, &set); SAY(sched_setaffinity(0, sizeof set, &set));
                    SAY(sched_getaffinity(0, sizeof set, &set)); printf("%d %d\\n", CPU_COUNT(&set), sched_getcpu());
                    SAY(syscall(SYS_sched_getaffinity, 0, 3, &set)); SAY(sched_getaffinity(99999999, sizeof set, &set));
                    SAY(setpriority(PRIO_PROCESS, 0, 19)); SAY(getpriority(PRIO_PROCESS, 0)); SAY(setpriority(9, 0, 0));
                    struct sysinfo i; SAY(sysinfo(&i)); printf("%d %d %d\\n", i.totalram >= i.freeram, i.mem_unit, i.uptime > 0);
                    SAY(syscall(SYS_membarrier, 8, 0, 0) == 0 || errno == EPERM); SAY(syscall(SYS_membarrier, 0, 1, 0));
                    SAY(syscall(SYS_personality, 0xffffffff));
                    unsigned h[2] = {0x20080522, 0}, d[6]; SAY(syscall(SYS_capget, h, d)); h[0] = 1; SAY(syscall(SYS_capget, h, d)); printf("%x\\n", h[0]);
                    SAY(syscall(SYS_rseq, 0, 0, 0, 0) < 0);
                    SAY(syscall(184)); SAY(syscall(400));
                }
                """);
    }
}
