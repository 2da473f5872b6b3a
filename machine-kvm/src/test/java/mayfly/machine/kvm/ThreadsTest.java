package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs with threads do in a machine what they do on the host. */
class ThreadsTest {
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
                #include <pthread.h>
                #include <stdatomic.h>
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>
                #include <time.h>
                #include <unistd.h>
                #include <sys/syscall.h>
                """ + source, "-pthread");
    }

    @Test
    void eightThreadsShareMutexBarrierAndCondition() throws Exception {
        Path program = compile("eight", """
                enum { N = 8, ROUNDS = 2000 };
                static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
                static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
                static pthread_barrier_t barrier;
                static __thread long own = 5;
                static long count, sum;
                static int turn;
                static void *work(void *arg) {
                    long me = (long) arg;
                    volatile double x = me;
                    pthread_barrier_wait(&barrier);
                    for (int i = 0; i < ROUNDS; i++) {
                        pthread_mutex_lock(&lock);
                        long c = count;
                        if (i % 500 == 0) sched_yield();
                        count = c + 1;
                        pthread_mutex_unlock(&lock);
                        own += me;
                        x += 1;
                    }
                    for (int i = 0; i < 20; i++) {
                        pthread_mutex_lock(&lock);
                        while (turn % N != me) pthread_cond_wait(&turned, &lock);
                        turn++;
                        pthread_cond_broadcast(&turned);
                        pthread_mutex_unlock(&lock);
                    }
                    pthread_barrier_wait(&barrier);
                    __sync_fetch_and_add(&sum, own + (long) x);
                    return (void *) (me * 3);
                }
                int main(void) {
                    pthread_t t[N];
                    long results = 0;
                    pthread_barrier_init(&barrier, 0, N);
                    for (long i = 0; i < N; i++) if (pthread_create(&t[i], 0, work, (void *) i)) return 1;
                    for (int i = 0; i < N; i++) { void *r; pthread_join(t[i], &r); results += (long) r; }
                    printf("count=%ld turn=%d sum=%ld results=%ld own=%ld\\n", count, turn, sum, results, own);
                }
                """);
        assertThat(Guest.run(program).succeeded().out())
                .isEqualTo(Guest.onHost(program))
                .contains("count=16000 turn=160");
    }

    @Test
    void aBusyLoopDoesNotStarveOthers() throws Exception {
        Path program = compile("busy", """
                static volatile int stop;
                static volatile long spins[3];
                static void *spin(void *arg) { while (!stop) spins[(long) arg]++; return 0; }
                int main(void) {
                    pthread_t t[3];
                    for (long i = 0; i < 3; i++) pthread_create(&t[i], 0, spin, (void *) i);
                    long rounds = 0;
                    while (spins[0] < 1000000 || spins[1] < 1000000 || spins[2] < 1000000) rounds++;
                    stop = 1;
                    for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
                    puts("fair");
                }
                """);
        assertThat(Guest.run(program).succeeded().out()).isEqualTo("fair\n");
    }

    @Test
    void waitsEndAtTheirTimeWhileAnotherThreadIsBusy() throws Exception {
        Path program = compile("timeouts", """
                static volatile int stop;
                static int word = 7;
                static void *spin(void *arg) { while (!stop) ; return 0; }
                int main(void) {
                    pthread_t t;
                    pthread_create(&t, 0, spin, 0);
                    struct timespec short_time = {0, 20000000}, past = {1, 0}, bad = {0, 1000000000};
                    #define F(op, val, timeout, bits) syscall(SYS_futex, &word, op, val, timeout, 0, bits)
                    #define SHOW(what, e) do { errno = 0; long r = e; printf("%s %ld %s\\n", what, r, strerror(errno)); } while (0)
                    SHOW("relative", F(0, 7, &short_time, 0));
                    SHOW("absolute", F(9, 7, &past, -1));
                    SHOW("realtime", F(9 | 256, 7, &past, -1));
                    SHOW("changed", F(0, 8, &short_time, 0));
                    SHOW("bad time", F(0, 7, &bad, 0));
                    SHOW("no bits", F(9, 7, 0, 0));
                    SHOW("no waiter", F(1, 5, 0, 0));
                    SHOW("bad address", syscall(SYS_futex, 4096, 0, 0, 0, 0, 0));
                    SHOW("misaligned", syscall(SYS_futex, (char *) &word + 1, 0, 0, 0, 0, 0));
                    SHOW("compare", syscall(SYS_futex, &word, 4, 1, 1L, &word, 8));
                    stop = 1;
                    pthread_join(t, 0);
                }
                """);
        assertThat(Guest.run(program).succeeded().out()).isEqualTo(Guest.onHost(program));
    }

    @Test
    void futexOperationsCountAsOnTheHost() throws Exception {
        Path program = compile("torture", """
                static int a, b, woken_a, woken_b;
                static void *wait_at(void *arg) {
                    while (syscall(SYS_futex, &a, 137, 0, 0, 0, (long) arg) == -1 && errno == EINTR) ;
                    __sync_fetch_and_add(&woken_a, 1);
                    return 0;
                }
                static long parked(int *word, int n) { // all n wait: a requeue to the same place counts them
                    long seen;
                    while ((seen = syscall(SYS_futex, word, 131, 0, (long) n, word, 0)) != n) sched_yield();
                    return seen;
                }
                int main(void) {
                    pthread_t t[12];
                    for (long i = 0; i < 12; i++) pthread_create(&t[i], 0, wait_at, (void *) (1L << (i % 4)));
                    parked(&a, 12);
                    printf("bits %ld\\n", syscall(SYS_futex, &a, 138, 100, 0, 0, 1));
                    printf("bits again %ld\\n", syscall(SYS_futex, &a, 138, 100, 0, 0, 1));
                    printf("one %ld\\n", syscall(SYS_futex, &a, 129, 1, 0, 0, 0));
                    printf("requeue %ld\\n", syscall(SYS_futex, &a, 132, 1, 3L, &b, 0));
                    printf("at b %ld\\n", parked(&b, 3));
                    // b = 0 + 5, and who waits at b wakes as b was 0
                    printf("op %ld", syscall(SYS_futex, &a, 133, 2, 2L, &b, 1 << 28 | 0 << 24 | 5 << 12 | 0));
                    printf(" b=%d\\n", b);
                    printf("rest %ld", syscall(SYS_futex, &a, 129, 100, 0, 0, 0));
                    printf(" %ld\\n", syscall(SYS_futex, &b, 129, 100, 0, 0, 0));
                    for (int i = 0; i < 12; i++) pthread_join(t[i], 0);
                    printf("woken %d\\n", woken_a);
                }
                """);
        assertThat(Guest.run(program).succeeded().out())
                .isEqualTo(Guest.onHost(program))
                .contains("bits 3\n");
    }

    @Test
    void aRobustMutexTellsThatItsOwnerDied() throws Exception {
        Path program = compile("robust", """
                static pthread_mutex_t lock;
                static void *die(void *arg) { pthread_mutex_lock(&lock); return 0; }
                static volatile int locked, word;
                static void *late(void *arg) {
                    struct timespec time = {0, 50000000};
                    pthread_mutex_lock(&lock);
                    locked = 1;
                    syscall(SYS_futex, &word, 0, 0, &time, 0, 0);
                    return 0;
                }
                int main(void) {
                    pthread_mutexattr_t attr;
                    pthread_mutexattr_init(&attr);
                    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
                    pthread_mutex_init(&lock, &attr);
                    pthread_t t;
                    for (int i = 0; i < 3; i++) {
                        pthread_create(&t, 0, i == 1 ? late : die, 0);
                        if (i != 1) pthread_join(t, 0); else while (!locked) sched_yield();
                        int r = pthread_mutex_lock(&lock);
                        printf("%s\\n", strerror(r));
                        printf("%s\\n", strerror(pthread_mutex_consistent(&lock)));
                        pthread_mutex_unlock(&lock);
                        if (i == 1) pthread_join(t, 0);
                    }
                }
                """);
        assertThat(Guest.run(program).succeeded().out())
                .isEqualTo(Guest.onHost(program))
                .contains("Owner died");
    }

    @Test
    void theFirstThreadMayLeaveFirst() throws Exception {
        Path program = compile("leave", """
                static void *last(void *arg) {
                    for (int i = 0; i < 100; i++) sched_yield();
                    puts("last");
                    fflush(stdout);
                    syscall(SYS_exit, 3);
                    return 0;
                }
                int main(void) {
                    pthread_t t;
                    pthread_create(&t, 0, last, 0);
                    syscall(SYS_exit, 4);
                }
                """);
        Guest guest = Guest.run(program);
        assertThat(guest.out()).isEqualTo("last\n");
        assertThat(guest.end()).isEqualTo(new Stop.Exited(4));
    }

    @Test
    void threadsHaveALimit() throws Exception {
        Path program = compile("many", """
                static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
                static void *wait(void *arg) { pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); return 0; }
                int main(void) {
                    static pthread_t t[2000];
                    pthread_attr_t attr;
                    pthread_attr_init(&attr);
                    pthread_attr_setstacksize(&attr, 32 << 10);
                    pthread_mutex_lock(&lock);
                    int n = 0, r;
                    while (n < 2000 && (r = pthread_create(&t[n], &attr, wait, 0)) == 0) n++;
                    printf("%d %s\\n", n, strerror(r));
                    pthread_mutex_unlock(&lock);
                    for (int i = 0; i < n; i++) pthread_join(t[i], 0);
                }
                """);
        assertThat(Guest.run(program, 256 << 20, false).succeeded().out())
                .isEqualTo("1023 Resource temporarily unavailable\n");
    }
}
