/* Threads that take turns, also when they do not want to, and signals; exits with 0, or with the number of what failed. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sched.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static volatile int stop, hits, faults, calls;
static volatile long spins[3];
static char *page;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int turn;

static void *spin(void *arg) {
    volatile double x = 1;
    while (!stop) {
        double before = x;
        x = before + 1;
        if (x != before + 1) _exit(10);
        spins[(long) arg]++;
    }
    return 0;
}

static void *call(void *arg) { /* is nearly always in the stub when its time is over */
    long same = syscall(SYS_getppid);
    while (!stop) {
        if (syscall(SYS_getppid) != same) _exit(11);
        calls++;
    }
    return 0;
}

static void *step(void *arg) {
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != (long) arg) pthread_cond_wait(&turned, &lock);
        turn++;
        pthread_cond_broadcast(&turned);
        pthread_mutex_unlock(&lock);
    }
    return 0;
}

static void hit(int sig) { hits++; }

static void fault(int sig, siginfo_t *info, void *context) {
    faults++;
    if (sig == SIGILL) ((ucontext_t *) context)->uc_mcontext.gregs[REG_RIP] += 2;
    else mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

int main(void) {
    struct sigaction on_hit = {.sa_handler = hit, .sa_flags = SA_RESTART};
    struct sigaction on_fault = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGURG, &on_hit, 0);
    sigaction(SIGSEGV, &on_fault, 0);
    sigaction(SIGILL, &on_fault, 0);
    pthread_t t[6];
    for (long i = 0; i < 3; i++) if (pthread_create(&t[i], 0, spin, (void *) i)) return 1;
    if (pthread_create(&t[3], 0, call, 0)) return 1;
    for (long i = 0; i < 2; i++) if (pthread_create(&t[4 + i], 0, step, (void *) i)) return 1;
    for (int i = 0; i < 20; i++) {
        int before = hits;
        pthread_kill(t[i % 4], SIGURG);
        while (hits == before) sched_yield();
        __asm__ volatile("ud2");
        page = mmap(0, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        page[7] = 1;
        munmap(page, 4096);
    }
    if (faults != 40) return 2;
    for (int i = 4; i < 6; i++) pthread_join(t[i], 0);
    if (turn != 100) return 3;
    while (spins[0] < 1000 || spins[1] < 1000 || spins[2] < 1000 || calls < 1000) ;
    stop = 1;
    for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
    return 0;
}
