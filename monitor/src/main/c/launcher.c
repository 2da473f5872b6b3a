/* The part of the launcher that stays outside as the supervised process: passes signals in, and ends as the command
 * ended. When it is killed, the kernel kills process 1 of the sandbox (PDEATHSIG) and with it everything inside. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "sandbox.h"

static void close_at(int fd) {
    if (fd >= 0) close(fd);
}

void launcher_keep(struct sandbox *s) {
    close_at(s->report); /* end of file there, once process 1 has closed its copy, means: executed */
    close_at(s->listener);
    close_at(s->passed);
    close_at(s->isolation);
    close_at(s->cgroup_v2);
    for (size_t i = 0; i < s->tree_count; i++) close_at(s->trees[i].fd);
    spec_close(s->spec);
    s->spec = NULL;
}

_Noreturn static void end_like(int status) {
    if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
    int number = WTERMSIG(status);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* the dump, if any, was the command's */
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    _exit(128 + number); /* a signal whose default is not death */
}

static bool child_ended(struct sandbox *s, int *status) {
    pid_t ended = waitpid(s->child, status, WNOHANG);
    if (ended == 0) return false;
    if (ended < 0) *status = SANDBOX_FAILED << 8;
    int told; /* by our init: how the command ended; process 1 cannot die by a signal of its own */
    if (recv(s->control[0], &told, sizeof told, MSG_DONTWAIT) == sizeof told) *status = told;
    return true;
}

_Noreturn void launcher_wait(struct sandbox *s) {
    sigset_t all;
    sigfillset(&all); /* blocked since the start of sandbox_main */
    int status;
    while (!child_ended(s, &status)) {
        int number = sigwaitinfo(&all, NULL);
        if (number > 0 && number != SIGCHLD)
            syscall(K_NR_pidfd_send_signal, s->child_pidfd, number, NULL, 0);
    }
    if (s->report < 0) cgroup_remove(s); /* else the monitor does, after it read the reason */
    end_like(status);
}
