#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "request.h"
#include "roles.h"

/* The temporary process: makes the monitor and ends, so that init, or the nearest subreaper, adopts the monitor. It shares
 * our memory (vfork); the monitor gets its copy by a plain clone, which runs no atfork handlers and needs none. */
static noreturn void be_temporary(const char *dir, int reply) {
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) monitor_run(dir, reply);
    _exit(child < 0 ? errno : 0);
}

int spawn_monitor(const char *dir) {
    int pipe[2], how = 0;
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
    pid_t temporary = vfork();
    if (temporary == 0) be_temporary(dir, pipe[1]);
    int error = errno;
    if (temporary > 0) {
        while (waitpid(temporary, &how, 0) < 0 && errno == EINTR) {
        }
        error = WIFEXITED(how) ? WEXITSTATUS(how) : ECHILD;
    }
    close(pipe[1]);
    if (temporary > 0 && error == 0) return pipe[0];
    close(pipe[0]);
    errno = error;
    return -1;
}

size_t spawn_reply(int pipe, int64_t id, char *line, size_t size) {
    struct text t = text_in(line, size);
    reply_begin(&t, id);
    ssize_t n = read(pipe, t.at + t.len, t.size - 1 - t.len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    close(pipe);
    if (n > 0 && t.at[t.len + (size_t)n - 1] == '\n') return t.len + (size_t)n;
    reply_refusal(&t, n < 0 ? errno : ECHILD, "monitor", "the monitor died before it answered");
    return t.len;
}

/* The role "monitor DIR": one spawn from a shell. */
int monitor_main(int argc, char **argv) {
    enum { PATIENCE_MS = 60000 };
    char line[STATUS_JSON_MAX + 256];
    struct text t = text_in(line, sizeof line);
    size_t n = 0;
    if (argc != 2) {
        text_add(&t, "usage: mayfly-monitor monitor DIR\n");
        return write(2, t.at, t.len) < 0 ? 3 : 2;
    }
    int pipe = spawn_monitor(argv[1]);
    int error = errno;
    struct pollfd p = {pipe, POLLIN, 0};
    while (pipe >= 0 && n == 0 && poll(&p, 1, PATIENCE_MS) != 0) n = spawn_reply(pipe, 0, line, sizeof line);
    if (n == 0) {
        reply_begin(&t, 0);
        reply_refusal(&t, pipe < 0 ? error : ETIMEDOUT, pipe < 0 ? "fork" : "deadline", "no answer from a monitor");
        n = t.len;
    }
    line[n] = 0;
    if (write(1, line, n) < 0) return 3;
    return strstr(line, "\"ok\":true") ? 0 : 1;
}
