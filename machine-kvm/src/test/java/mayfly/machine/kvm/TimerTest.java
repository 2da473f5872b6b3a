package mayfly.machine.kvm;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Timers that send signals, what signals do to waits, and pipes that are full or broken, compared with the host's. */
class TimerTest {
    @TempDir
    Path directory;

    private void sameAsOnHost(String body) throws Exception {
        GuestProgram.compile(directory, TimeTest.HEAD + body).sameAsOnHost();
    }

    @Test
    void alarmsAndIntervalTimers() throws Exception {
        sameAsOnHost("""
                static volatile int count, last; static void on(int s) { count++; last = s; }
                int main(void) {
                    struct sigaction a = {.sa_handler = on}; sigaction(SIGALRM, &a, 0); sigaction(SIGVTALRM, &a, 0); sigaction(SIGPROF, &a, 0);
                    struct itimerval t = {{0, 0}, {0, 20000}}, o;
                    SAY(setitimer(ITIMER_REAL, &t, 0)); SAY(getitimer(ITIMER_REAL, &o)); printf("%d\\n", o.it_value.tv_usec > 0 && o.it_value.tv_usec <= 20000);
                    SAY(pause()); printf("%d %d\\n", count, last);
                    struct timespec s = {5, 0}, r = {0, 0}; SAY(setitimer(ITIMER_REAL, &t, 0)); SAY(nanosleep(&s, &r)); printf("%d\\n", r.tv_sec == 4);
                    t.it_interval.tv_usec = 5000; SAY(setitimer(ITIMER_REAL, &t, 0)); count = 0; while (count < 3) pause(); t.it_value.tv_usec = 0; SAY(setitimer(ITIMER_REAL, &t, &o)); printf("%ld\\n", o.it_interval.tv_usec);
                    SAY(alarm(100)); SAY(alarm(0)); SAY(alarm(0)); SAY(getitimer(7, &o)); SAY(setitimer(9, &t, 0)); t.it_value.tv_usec = 2000000; SAY(setitimer(0, &t, 0));
                    t.it_value.tv_usec = 10000; t.it_interval.tv_usec = 0; count = 0; SAY(setitimer(ITIMER_REAL, &t, 0)); while (!count); printf("busy %d\\n", last);
                    count = 0; SAY(setitimer(ITIMER_VIRTUAL, &t, 0)); while (!count); printf("busy %d\\n", last);
                    count = 0; SAY(setitimer(ITIMER_PROF, &t, 0)); while (!count); printf("busy %d\\n", last);
                }
                """);
    }

    @Test
    void posixTimers() throws Exception {
        sameAsOnHost("""
                static volatile int count, code, value, id = -5; static void on(int s, siginfo_t *i, void *c) { count++; code = i->si_code; value = i->si_value.sival_int; id = i->si_timerid; }
                int main(void) {
                    struct sigaction a = {.sa_sigaction = on, .sa_flags = SA_SIGINFO}; sigaction(SIGUSR1, &a, 0); sigaction(SIGRTMIN, &a, 0);
                    timer_t t, n; struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77}; struct itimerspec i = {{0, 0}, {0, 15000000}}, o;
                    SAY(timer_create(CLOCK_MONOTONIC, &e, &t)); SAY(timer_gettime(t, &o)); printf("%ld\\n", o.it_value.tv_nsec); SAY(timer_settime(t, 0, &i, 0)); SAY(pause()); printf("%d %d %d\\n", count, code, value);
                    SAY(timer_getoverrun(t)); sigset_t m; sigemptyset(&m); sigaddset(&m, SIGUSR1); sigprocmask(SIG_BLOCK, &m, 0); i.it_interval.tv_nsec = 4000000; i.it_value.tv_nsec = 4000000;
                    SAY(timer_settime(t, 0, &i, 0)); struct timespec s = {0, 40000000}; SAY(nanosleep(&s, 0)); i.it_value.tv_nsec = 0; SAY(timer_settime(t, 0, &i, 0)); sigprocmask(SIG_UNBLOCK, &m, 0); printf("%d\\n", count > 0); SAY(timer_delete(t));
                    e.sigev_signo = SIGRTMIN; SAY(timer_create(CLOCK_REALTIME, &e, &t)); struct timespec now; clock_gettime(CLOCK_REALTIME, &now); i.it_interval.tv_nsec = 0; i.it_value = now; i.it_value.tv_sec -= 1; count = 0; SAY(timer_settime(t, TIMER_ABSTIME, &i, 0)); while (!count) pause(); printf("%d %d\\n", count, value);
                    e.sigev_notify = SIGEV_NONE; SAY(timer_create(CLOCK_MONOTONIC, &e, &n)); i.it_value.tv_sec = 0; i.it_value.tv_nsec = 5000000; SAY(timer_settime(n, 0, &i, 0)); usleep(9000); SAY(timer_gettime(n, &o)); printf("%ld\\n", o.it_value.tv_nsec);
                    e.sigev_notify = 99; SAY(timer_create(CLOCK_MONOTONIC, &e, &n)); e.sigev_notify = SIGEV_SIGNAL; e.sigev_signo = 99; SAY(timer_create(CLOCK_MONOTONIC, &e, &n)); SAY(timer_create(55, 0, &n)); SAY(syscall(SYS_timer_settime, 12345, 0, &i, 0)); SAY(syscall(SYS_timer_delete, 12345)); SAY(syscall(SYS_timer_create, 1, 0, 8));
                }
                """);
    }

    @Test
    void signalsEndWaits() throws Exception {
        sameAsOnHost("""
                static volatile int count; static void on(int s) { count++; }
                static void soon(void) { struct itimerval t = {{0, 0}, {0, 10000}}; setitimer(ITIMER_REAL, &t, 0); }
                int main(void) {
                    struct sigaction a = {.sa_handler = on}; sigaction(SIGALRM, &a, 0); int p[2]; pipe(p); char c; struct pollfd f = {p[0], POLLIN, 0}; struct epoll_event v;
                    int e = epoll_create1(0); v.events = EPOLLIN; epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v); fd_set r; struct timeval tv = {3, 0};
                    soon(); SAY(read(p[0], &c, 1)); soon(); SAY(poll(&f, 1, -1)); soon(); SAY(epoll_wait(e, &v, 1, 5000)); FD_ZERO(&r); FD_SET(p[0], &r); soon(); SAY(select(8, &r, 0, 0, &tv));
                    sigset_t none, all, old; sigemptyset(&none); sigfillset(&all); sigprocmask(SIG_BLOCK, &all, &old); soon(); usleep(20000); printf("%d\\n", count);
                    SAY(ppoll(&f, 1, 0, &none)); printf("%d\\n", count); sigset_t now; sigprocmask(0, 0, &now); printf("%d\\n", sigismember(&now, SIGALRM));
                    soon(); SAY(epoll_pwait(e, &v, 1, 2000, &none)); struct timespec t = {2, 0}; FD_ZERO(&r); FD_SET(p[0], &r); soon(); SAY(pselect(8, &r, 0, 0, &t, &none)); printf("%d\\n", count);
                    soon(); t.tv_sec = 0; t.tv_nsec = 25000000; SAY(ppoll(&f, 1, &t, &all)); printf("%d\\n", count); SAY(ppoll(&f, 1, &t, 0)); sigprocmask(SIG_SETMASK, &old, 0); printf("%d\\n", count);
                    a.sa_flags = SA_RESTART; sigaction(SIGALRM, &a, 0); soon(); SAY(poll(&f, 1, -1)); static char big[100000]; soon(); SAY(write(p[1], big, sizeof big)); SAY(read(p[0], big, 70000));
                    SAY(syscall(SYS_ppoll, &f, 1, 0, &none, 3)); SAY(syscall(SYS_ppoll, &f, 1, 0, 8, 8));
                }
                """);
    }

    @Test
    void brokenPipes() throws Exception {
        sameAsOnHost("""
                static volatile int count; static void on(int s) { count++; }
                int main(void) {
                    struct sigaction a = {.sa_handler = on}; sigaction(SIGPIPE, &a, 0); int p[2]; pipe(p); close(p[0]); SAY(write(p[1], "x", 1)); printf("%d\\n", count);
                    SAY(syscall(SYS_writev, p[1], 0, 0)); printf("%d\\n", count); signal(SIGPIPE, SIG_IGN); SAY(write(p[1], "x", 1)); fflush(stdout); puts("end");
                }
                """);
    }

    @Test
    void aThreadReadsWhatDoesNotFitIntoThePipe() throws Exception {
        sameAsOnHost("""
                static int p[2]; static char big[1 << 20];
                static void *reader(void *x) { static char b[30000]; long sum = 0, n, bytes = 0; while ((n = read(p[0], b, sizeof b)) > 0) { bytes += n; for (int i = 0; i < n; i++) sum += b[i] * (i % 3 + 1); } printf("%ld\\n", bytes); return 0; }
                int main(void) {
                    pthread_t t; pipe(p); for (int i = 0; i < sizeof big; i++) big[i] = i; pthread_create(&t, 0, reader, 0);
                    SAY(write(p[1], big, sizeof big)); close(p[1]); pthread_join(t, 0);
                }
                """);
    }

    @Test
    void connectedSockets() throws Exception {
        sameAsOnHost("""
                #include <sys/socket.h>
                #include <sys/uio.h>
                int main(void) {
                    signal(SIGPIPE, SIG_IGN); int s[2]; char b[64]; SAY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s)); SAY(fcntl(s[0], F_GETFL)); SAY(fcntl(s[0], F_GETFD));
                    SAY(recv(s[0], b, 4, 0)); SAY(send(s[0], "hello", 5, 0)); SAY(write(s[1], "world!", 6)); SAY(recv(s[1], b, 64, 0)); SAY(read(s[0], b, 2)); SAY(recv(s[0], b, 64, MSG_DONTWAIT));
                    struct pollfd f[2] = {{s[0], POLLIN | POLLOUT, 0}, {s[1], POLLIN | POLLOUT, 0}}; SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    struct iovec v[2] = {{"ab", 2}, {"cde", 3}}; struct msghdr m = {.msg_iov = v, .msg_iovlen = 2}; SAY(sendmsg(s[0], &m, 0)); char c[3], d[9]; struct iovec w[2] = {{c, 3}, {d, 9}}; struct msghdr n = {.msg_iov = w, .msg_iovlen = 2}; SAY(recvmsg(s[1], &n, 0)); printf("%.3s %.2s %d\\n", c, d, n.msg_flags);
                    int t = 0; socklen_t l = sizeof t; SAY(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &t, &l)); printf("%d %d\\n", t, l); SAY(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &t, &l)); printf("%d\\n", t); SAY(getsockopt(s[0], SOL_SOCKET, 4711, &t, &l));
                    struct sockaddr_storage a; l = sizeof a; SAY(getsockname(s[0], (void *) &a, &l)); printf("%d %d\\n", l, a.ss_family);
                    SAY(shutdown(s[0], SHUT_WR)); SAY(read(s[1], b, 1)); SAY(send(s[0], "x", 1, MSG_NOSIGNAL)); SAY(poll(f, 2, 0)); printf("%x %x\\n", f[0].revents, f[1].revents);
                    SAY(write(s[1], "y", 1)); SAY(read(s[0], b, 5)); close(s[1]); SAY(read(s[0], b, 5)); SAY(poll(f, 1, 0)); printf("%x\\n", f[0].revents); SAY(shutdown(s[0], 9)); SAY(send(1, "x", 1, 0)); SAY(send(77, "x", 1, 0)); SAY(recv(77, b, 1, 0));
                    SAY(socketpair(AF_UNIX, SOCK_STREAM, 0, s)); int e = epoll_create1(0); struct epoll_event x = {EPOLLIN | EPOLLET, {.u32 = 4}}; SAY(epoll_ctl(e, EPOLL_CTL_ADD, s[0], &x)); SAY(epoll_wait(e, &x, 1, 0)); write(s[1], "q", 1); SAY(epoll_wait(e, &x, 1, 1000)); SAY(epoll_wait(e, &x, 1, 0)); write(s[1], "q", 1); SAY(epoll_wait(e, &x, 1, 1000));
                    SAY(socketpair(AF_UNIX, 99, 0, s)); SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8));
                }
                """);
    }
}
