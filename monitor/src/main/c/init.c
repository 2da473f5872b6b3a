#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute.h"
#include "kernel.h"
#include "roles.h"
#include "text.h"

extern char **environ;

void init_report(int report, const char *stage, int error) {
    struct {
        int32_t error;
        char stage[60];
    } record = {.error = error};
    struct text t = text_in(record.stage, sizeof record.stage);
    text_add(&t, stage);
    if (report >= 0) {
        if (write(report, &record, sizeof record) != sizeof record) return; /* the monitor is gone: nobody to tell */
        return;
    }
    char line[160];
    t = text_in(line, sizeof line);
    text_add(&t, "mayfly-monitor: ");
    text_add(&t, stage);
    text_add(&t, ": ");
    text_add(&t, strerror(error));
    text_add(&t, "\n");
    if (write(STDERR_FILENO, line, t.len) < 0) return;
}

_Noreturn void init_end(const struct init_plan *plan, int wait_status) {
    if (plan->control >= 0) send(plan->control, &wait_status, sizeof wait_status, MSG_NOSIGNAL);
    _exit(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status));
}

int init_clear(int fd3) {
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (fd3 >= 0 && fd3 != 3 && dup2(fd3, 3) < 0) return errno;
    if (fd3 == 3) fcntl(3, F_SETFD, 0);
    if (syscall(K_NR_close_range, fd3 >= 0 ? 4u : 3u, ~0u, K_CLOSE_RANGE_CLOEXEC) != 0) return errno;
    return 0;
}

int init_execute(const char *const *argv, const char *const *env, int fd3, int passed) {
    int error = init_clear(fd3);
    if (error != 0) return error;
    if (passed >= 0 && dup2(passed, 4) < 0) return errno; /* what was 4 goes at the execve, as do all others of ours */
    execute(argv, env);
    return errno;
}

_Noreturn void init_reap(const struct init_plan *plan) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    pid_t main_child = fork();
    if (main_child < 0) {
        init_report(plan->report, "sandbox: fork", errno);
        _exit(125);
    }
    if (main_child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* in a pid namespace our end is its end anyway */
        int error = init_execute(plan->argv, plan->env, plan->listener, plan->passed);
        init_report(plan->report, "execve", error);
        _exit(125);
    }
    if (plan->report >= 0) close(plan->report); /* end of file there means: executed */
    if (plan->listener >= 0) close(plan->listener);
    if (plan->passed >= 0) close(plan->passed);
    for (;;) {
        int number = sigwaitinfo(&all, NULL);
        if (number > 0 && number != SIGCHLD) kill(main_child, number);
        int status;
        for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
            if (ended == main_child) init_end(plan, status); /* process 1 goes, and everything left in here with it */
    }
}

/* `mayfly-monitor init reap|accept FD|- ARGV...`: the same by hand, without a launcher. */
int init_main(int argc, char **argv) {
    if (argc < 4 || (strcmp(argv[1], "reap") != 0 && strcmp(argv[1], "accept") != 0)) return 2;
    uint64_t fd = 0;
    bool has_fd = strcmp(argv[2], "-") != 0;
    if (has_fd && !text_parse(argv[2], 1000000, &fd)) return 2;
    struct init_plan plan = {.argv = (const char *const *)argv + 3,
                             .env = (const char *const *)environ,
                             .control = -1,
                             .report = -1,
                             .listener = has_fd ? (int)fd : -1,
                             .passed = -1,
                             .machines_max = 64};
    if (strcmp(argv[1], "accept") == 0) init_accept(&plan);
    init_reap(&plan);
}
