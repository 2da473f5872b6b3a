package mayfly.machine.kvm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import mayfly.machine.kvm.program.SystemCalls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipes, event counters, timers and all ways to wait for them, compared with the host's. */
class PollTest {
    @TempDir
    Path directory;

    private void sameAsOnHost(String body) throws Exception {
        assumeTrue(SystemCalls.all().name(3).equals("close"), "skipped: files cannot be closed yet");
        GuestProgram.compile(directory, TimeTest.HEAD + body).sameAsOnHost();
    }

    @Test
    void pipes() throws Exception {
        sameAsOnHost("""
                static char big[200000];
                int main(void) {
                    signal(SIGPIPE, SIG_IGN);
                    int p[2]; char b[100];
                    SAY(pipe2(p, O_NONBLOCK)); SAY(read(p[0], b, 10)); SAY(write(p[1], "hello", 5)); SAY(read(p[0], b, 2)); SAY(read(p[0], b, 10));
                    SAY(write(p[1], "", 0)); SAY(read(p[0], b, 0)); SAY(write(p[0], "a", 1)); SAY(read(p[1], b, 1)); SAY(lseek(p[0], 0, 0));
                    for (int i = 0; i < 20; i++) { long r = write(p[1], big, 4096); if (r < 0) { printf("%d %d\\n", i, errno); break; } }
                    SAY(write(p[1], "x", 1));
                    struct pollfd f[2] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}};
                    SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    SAY(read(p[0], big, 4095)); SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    SAY(read(p[0], big, 100000)); SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    SAY(write(p[1], big, 100000)); SAY(read(p[0], big, 200000));
                    SAY(write(p[1], "tail", 4)); close(p[1]); f[1].fd = -1;
                    SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    SAY(read(p[0], b, 10)); SAY(poll(f, 1, 0)); printf("%x\\n", f[0].revents); SAY(read(p[0], b, 10));
                    f[1].fd = p[1]; SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    close(p[0]);
                    SAY(pipe(p)); close(p[0]); SAY(write(p[1], "x", 1)); f[0].fd = p[1]; f[0].events = POLLOUT; SAY(poll(f, 1, -1)); printf("%x\\n", f[0].revents);
                    SAY(pipe2(p, 0x1234567)); SAY(syscall(SYS_pipe, 8)); SAY(close(p[1])); SAY(pipe(p)); printf("%d %d\\n", p[0], p[1]);
                }
                """);
    }

    @Test
    void eventCounters() throws Exception {
        sameAsOnHost("""
                int main(void) {
                    uint64_t v = 0; int e = eventfd(3, EFD_NONBLOCK); struct pollfd f = {e, POLLIN | POLLOUT, 0};
                    SAY(poll(&f, 1, 0)); printf("%x\\n", f.revents);
                    SAY(read(e, &v, 8)); printf("%lu\\n", v); SAY(read(e, &v, 8)); SAY(read(e, &v, 4)); SAY(write(e, &v, 7));
                    v = -1; SAY(write(e, &v, 8)); v = -2; SAY(write(e, &v, 8)); SAY(poll(&f, 1, 0)); printf("%x\\n", f.revents);
                    v = 1; SAY(write(e, &v, 8)); SAY(read(e, &v, 8)); printf("%lu\\n", v); SAY(poll(&f, 1, 0)); printf("%x\\n", f.revents);
                    int s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK); SAY(read(s, &v, 8)); printf("%lu\\n", v); SAY(read(s, &v, 8)); SAY(read(s, &v, 8));
                    SAY(eventfd(0, 0x555)); SAY(write(e, (void *) 8, 8)); v = 5; write(e, &v, 8); SAY(read(e, (void *) 8, 8));
                    SAY(fcntl(e, F_GETFL) & O_ACCMODE);
                }
                """);
    }

    @Test
    void timersThatAreFiles() throws Exception {
        sameAsOnHost("""
                int main(void) {
                    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), r = timerfd_create(CLOCK_REALTIME, 0); uint64_t v; struct itimerspec i = {0}, o;
                    SAY(read(t, &v, 8)); SAY(timerfd_gettime(t, &o)); printf("%ld %ld\\n", o.it_value.tv_sec, o.it_value.tv_nsec);
                    struct pollfd f = {t, POLLIN, 0}; SAY(poll(&f, 1, 0));
                    i.it_value.tv_nsec = 20000000; SAY(timerfd_settime(t, 0, &i, 0)); SAY(timerfd_gettime(t, &o)); printf("%d\\n", o.it_value.tv_nsec > 0 && o.it_value.tv_nsec <= 20000000);
                    SAY(poll(&f, 1, 5000)); printf("%x\\n", f.revents); SAY(read(t, &v, 8)); printf("%lu\\n", v); SAY(read(t, &v, 8)); SAY(poll(&f, 1, 10));
                    SAY(timerfd_gettime(t, &o)); printf("%ld %ld\\n", o.it_value.tv_sec, o.it_value.tv_nsec);
                    i.it_interval.tv_nsec = 5000000; i.it_value.tv_nsec = 5000000; SAY(timerfd_settime(t, 0, &i, 0)); usleep(22000); SAY(read(t, &v, 8)); printf("%d\\n", v >= 4);
                    i.it_value.tv_nsec = 0; i.it_interval.tv_nsec = 7; SAY(timerfd_settime(t, 0, &i, &o)); printf("%ld\\n", o.it_interval.tv_nsec); SAY(read(t, &v, 8));
                    struct timespec n; clock_gettime(CLOCK_REALTIME, &n); i.it_interval.tv_nsec = 0; i.it_value = n; SAY(timerfd_settime(r, TFD_TIMER_ABSTIME, &i, 0)); SAY(read(r, &v, 8)); printf("%lu\\n", v);
                    i.it_value.tv_sec = 1; i.it_value.tv_nsec = 0; SAY(timerfd_settime(r, TFD_TIMER_ABSTIME, &i, 0)); SAY(read(r, &v, 8)); printf("%lu\\n", v);
                    i.it_value.tv_sec = 0; i.it_value.tv_nsec = 15000000; SAY(timerfd_settime(r, 0, &i, 0)); SAY(read(r, &v, 8)); printf("%lu\\n", v);
                    SAY(read(r, &v, 4)); SAY(write(r, &v, 8)); i.it_value.tv_nsec = -1; SAY(timerfd_settime(r, 0, &i, 0)); SAY(timerfd_settime(0, 0, &i, 0)); SAY(timerfd_settime(99, 0, &o, 0)); SAY(timerfd_gettime(1, &o));
                    SAY(timerfd_create(99, 0)); SAY(timerfd_create(1, 0x777)); SAY(timerfd_settime(r, 8, &o, 0));
                }
                """);
    }

    @Test
    void interestLists() throws Exception {
        sameAsOnHost("""
                static void wait_(int e, int max, int ms) {
                    struct epoll_event v[8]; errno = 0; int n = epoll_wait(e, v, max, ms); printf("wait %d %d", n, n < 0 ? errno : 0);
                    unsigned long sum = 0; for (int i = 0; i < n; i++) sum += v[i].events * 1000003ul + v[i].data.u64; printf(" %lx", sum); if (n == 1) printf(" %x %lx", v[0].events, v[0].data.u64); printf("\\n");
                }
                static int ctl(int e, int op, int fd, unsigned ev, uint64_t d) { struct epoll_event x = {ev, {.u64 = d}}; errno = 0; int r = epoll_ctl(e, op, fd, &x); printf("ctl %d %d %d\\n", op, r, r ? errno : 0); return r; }
                int main(void) {
                    int e = epoll_create1(EPOLL_CLOEXEC), p[2], n = eventfd(0, EFD_NONBLOCK); pipe2(p, O_NONBLOCK); char b[70000]; uint64_t one = 1, v;
                    wait_(e, 8, 0);
                    ctl(e, EPOLL_CTL_ADD, p[0], EPOLLIN, 0x1122334455667788); ctl(e, EPOLL_CTL_ADD, p[0], EPOLLIN, 1); ctl(e, EPOLL_CTL_DEL, n, 0, 0); ctl(e, EPOLL_CTL_MOD, n, 0, 0); ctl(e, 9, n, 0, 0);
                    ctl(e, EPOLL_CTL_ADD, e, EPOLLIN, 0); ctl(e, EPOLL_CTL_ADD, 77, EPOLLIN, 0); ctl(p[0], EPOLL_CTL_ADD, n, EPOLLIN, 0); ctl(99, EPOLL_CTL_ADD, n, EPOLLIN, 0);
                    wait_(e, 8, 0); wait_(e, 0, 0); wait_(e, -1, 0); wait_(p[0], 1, 0); wait_(99, 1, 0);
                    write(p[1], "ab", 2); wait_(e, 8, -1); wait_(e, 8, 0); read(p[0], b, 1); wait_(e, 8, 0); read(p[0], b, 1); wait_(e, 8, 0);
                    puts("edge"); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2); wait_(e, 8, 0); write(p[1], "a", 1); wait_(e, 8, 0); wait_(e, 8, 0); write(p[1], "b", 1); wait_(e, 8, 0); wait_(e, 8, 0);
                    read(p[0], b, 1); wait_(e, 8, 0); read(p[0], b, 9); write(p[1], "c", 1); read(p[0], b, 1); wait_(e, 8, 0); write(p[1], "c", 1); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 3); wait_(e, 8, 0); wait_(e, 8, 0);
                    puts("edge out"); ctl(e, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET, 4); wait_(e, 8, 0); wait_(e, 8, 0); read(p[0], b, 9); while (write(p[1], b, 4096) > 0); wait_(e, 8, 0); read(p[0], b, 100); wait_(e, 8, 0); read(p[0], b, 70000); wait_(e, 8, 0); wait_(e, 8, 0);
                    ctl(e, EPOLL_CTL_DEL, p[1], 0, 0);
                    puts("oneshot"); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 5); write(p[1], "d", 1); wait_(e, 8, 0); write(p[1], "d", 1); wait_(e, 8, 0); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 6); wait_(e, 8, 0); wait_(e, 8, 0);
                    ctl(e, EPOLL_CTL_MOD, p[0], 0, 7); wait_(e, 8, 0);
                    puts("counter"); ctl(e, EPOLL_CTL_ADD, n, EPOLLIN | EPOLLOUT | EPOLLET, 8); wait_(e, 8, 0); wait_(e, 8, 0); write(n, &one, 8); wait_(e, 8, 0); write(n, &one, 8); wait_(e, 8, 0); wait_(e, 8, 0); read(n, &v, 8); wait_(e, 8, 0); wait_(e, 8, 0);
                    ctl(e, EPOLL_CTL_MOD, n, EPOLLIN, 9); wait_(e, 8, 0); write(n, &one, 8); wait_(e, 8, 0);
                    puts("dup"); int d = dup(n); close(n); wait_(e, 8, 0); ctl(e, EPOLL_CTL_DEL, n, 0, 0); close(d); wait_(e, 8, 0);
                    puts("hup"); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN, 10); wait_(e, 8, 0); close(p[1]); wait_(e, 8, 0); read(p[0], b, 100); wait_(e, 8, 0); ctl(e, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET | EPOLLRDHUP, 11); wait_(e, 8, 0); wait_(e, 8, 0); close(p[0]); wait_(e, 8, 0);
                    puts("timers"); int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK); struct itimerspec i = {{0, 3000000}, {0, 3000000}}; timerfd_settime(t, 0, &i, 0); ctl(e, EPOLL_CTL_ADD, t, EPOLLIN | EPOLLET, 12); wait_(e, 8, 1000); wait_(e, 8, 10); SAY(read(t, &v, 8)); printf("%d\\n", v >= 3); wait_(e, 8, 1000);
                    ctl(e, EPOLL_CTL_MOD, t, EPOLLIN, 13); wait_(e, 8, -1); i.it_value.tv_nsec = 0; timerfd_settime(t, 0, &i, 0); struct timespec a, z; clock_gettime(1, &a); wait_(e, 8, 25); clock_gettime(1, &z); printf("%d\\n", (z.tv_sec - a.tv_sec) * 1000000000LL + z.tv_nsec - a.tv_nsec >= 25000000);
                    puts("many"); int q[6]; for (int k = 0; k < 6; k++) { q[k] = eventfd(1, 0); ctl(e, EPOLL_CTL_ADD, q[k], EPOLLIN, 1ul << 8 * k); } wait_(e, 8, 0); unsigned long seen = 0; for (int k = 0; k < 3; k++) { struct epoll_event x[2]; int c = epoll_wait(e, x, 2, 0); for (int m = 0; m < c; m++) seen += x[m].data.u64; } printf("%lx\\n", seen);
                    puts("nested"); int o = epoll_create(1); ctl(o, EPOLL_CTL_ADD, e, EPOLLIN, 99); wait_(o, 8, 0); ctl(e, EPOLL_CTL_ADD, o, EPOLLIN, 98); for (int k = 0; k < 6; k++) close(q[k]); wait_(o, 8, 0); struct pollfd f = {o, POLLIN, 0}; SAY(poll(&f, 1, 0));
                    SAY(epoll_create(0)); SAY(epoll_create1(4)); SAY(syscall(SYS_epoll_ctl, e, 1, t, 8)); struct timespec zero = {0}; SAY(epoll_pwait2(e, (void *) b, 4, &zero, 0)); zero.tv_nsec = -4; SAY(epoll_pwait2(e, (void *) b, 4, &zero, 0));
                }
                """);
    }

    @Test
    void pollAndSelect() throws Exception {
        sameAsOnHost("""
                static void sel(int n, fd_set *r, fd_set *w, long us) { struct timeval t = {0, us}; errno = 0; int c = select(n, r, w, 0, &t); printf("select %d %d", c, c < 0 ? errno : 0); for (int i = 0; i < n && i < 16; i++) printf(" %d%d", r && FD_ISSET(i, r), w && FD_ISSET(i, w)); printf(" %d\\n", t.tv_usec <= us); }
                int main(void) {
                    int p[2]; pipe(p); fd_set r, w; struct pollfd f[3] = {{p[0], POLLIN | POLLRDNORM, 9}, {-5, POLLIN, 9}, {p[1], POLLOUT | POLLWRNORM, 9}};
                    SAY(poll(f, 3, -1)); printf("%x %x %x\\n", f[0].revents, f[1].revents, f[2].revents);
                    f[2].fd = 88; SAY(poll(f, 3, 0)); printf("%x %x %x\\n", f[0].revents, f[1].revents, f[2].revents);
                    f[0].revents = 7; SAY(poll(f, 1, 10)); printf("%x\\n", f[0].revents); SAY(poll(0, 0, 5)); SAY(poll((void *) 8, 1, 0)); SAY(poll(f, 100000000, 0));
                    struct timespec t = {0, 5000000}; SAY(ppoll(f, 1, &t, 0)); t.tv_nsec = -1; SAY(ppoll(f, 1, &t, 0));
                    FD_ZERO(&r); FD_ZERO(&w); FD_SET(p[0], &r); FD_SET(p[1], &w); sel(8, &r, &w, 1000);
                    FD_SET(p[0], &r); sel(8, &r, 0, 8000); FD_SET(p[0], &r); write(p[1], "x", 1); sel(8, &r, 0, 100000); sel(p[0], &r, 0, 0);
                    FD_SET(77, &r); sel(80, &r, 0, 0); sel(-1, 0, 0, 0); sel(0, 0, 0, 2000); close(p[1]); char c; read(p[0], &c, 1); FD_ZERO(&r); FD_SET(p[0], &r); sel(8, &r, 0, 100000);
                    fd_set z; FD_ZERO(&z); FD_SET(p[0], &z); t.tv_nsec = 3000000; SAY(pselect(8, 0, 0, &z, &t, 0)); printf("%d\\n", FD_ISSET(p[0], &z));
                    SAY(syscall(SYS_select, 3, 8, 0, 0, 0)); struct timeval bad = {0, -1}; SAY(select(0, 0, 0, 0, &bad));
                }
                """);
    }
}
