/* The executor: the process between vfork and execve. What it cannot do it reports on a pipe that is closed by the
 * execve, as one record; the launcher of a sandbox reports the same way (PROTOCOL.md section 7). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "execute.h"
#include "monitor.h"
#include "proc.h"
#include "text.h"

struct exec_record {
    int32_t error;
    char stage[60];
};
_Static_assert(sizeof(struct exec_record) == 64, "PROTOCOL.md says 64 bytes");

enum { REPORT_FD = 3 };

static noreturn void report(int fd, const char *stage) {
    struct exec_record r = {.error = errno};
    struct text t = text_in(r.stage, sizeof r.stage);
    text_add(&t, stage);
    while (write(fd, &r, sizeof r) < 0 && errno == EINTR) {
    }
    _exit(127);
}

static bool write_pid(struct monitor *m) {
    errno = EIO; /* for a short write or an unreadable number, which set none */
    if (!proc_own_start(&m->facts.start)) return false; /* vfork: the monitor sees this assignment, and wants it */
    char line[PID_FILE_BYTES + 1];
    struct text t = text_in(line, sizeof line);
    text_number(&t, getpid());
    text_add(&t, " ");
    text_number(&t, (int64_t)m->facts.start);
    text_add(&t, " ");
    text_add(&t, m->facts.boot);
    text_add(&t, " ");
    text_number(&t, m->facts.monitor);
    text_add(&t, " ");
    text_number(&t, (int64_t)m->facts.monitor_start);
    while (t.len < PID_FILE_BYTES - 1) text_add(&t, " ");
    text_add(&t, "\n");
    return pwrite(m->pid_file, line, PID_FILE_BYTES, 0) == PID_FILE_BYTES;
}

/* Leaves 0, 1, 2 and, at REPORT_FD, the report pipe. fd is not REPORT_FD itself: were that number free, pipe2 had given it
 * to the reading end; and the files were opened while the spawner's pipe had it. */
static void arrange_descriptors(struct monitor *m, int fd, bool pipe_survives) {
    if (dup3(fd, REPORT_FD, pipe_survives ? 0 : O_CLOEXEC) < 0) report(fd, "fork");
    if (dup2(m->out, 1) < 0) report(REPORT_FD, "stdout");
    if (dup2(m->err, 2) < 0) report(REPORT_FD, "stderr");
    if (syscall(SYS_close_range, REPORT_FD + 1, ~0U, 0) < 0) report(REPORT_FD, "fork");
}

static noreturn void become_command(struct monitor *m, int fd) {
    const struct spec *s = m->spec;
    bool sandboxed = s->sandbox == SANDBOX_PROCESS;
    setsid(); /* cannot fail: a new child leads no group */
    if (!write_pid(m)) report(fd, "pid");
    arrange_descriptors(m, fd, sandboxed);
    umask(022);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (sandboxed) {
        const char *argv[] = {"mayfly-monitor", "sandbox", ".", "3", NULL}, *env[] = {NULL};
        execve("/proc/self/exe", (char **)(void *)argv, (char **)(void *)env);
        report(REPORT_FD, "sandbox: execve");
    }
    struct rlimit memory = {s->memory, s->memory};
    if (s->memory && setrlimit(RLIMIT_AS, &memory) < 0) report(REPORT_FD, "memory");
    if (chdir(s->cwd) < 0) report(REPORT_FD, "chdir");
    execute(s->argv, s->env);
    report(REPORT_FD, "execve");
}

bool executor_fork(struct monitor *m) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) < 0 || fcntl(pipe[0], F_SETFL, O_NONBLOCK) < 0) {
        life_blame(&m->life, errno, "fork", "no pipe");
        return false;
    }
    pid_t pid = vfork(); /* shares our memory until it executes: a fork would copy page tables for nothing */
    if (pid == 0) become_command(m, pipe[1]);
    m->facts.pid = pid;
    if (pid > 0) m->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int error = errno;
    close(pipe[1]);
    if (m->pidfd >= 0) {
        m->exec_report = pipe[0];
        return true;
    }
    if (pid > 0) kill(pid, SIGKILL); /* our own child, not reaped yet: nobody else has this number */
    close(pipe[0]);
    m->facts.pid = 0;
    life_blame(&m->life, error, "fork", "no process");
    return false;
}

enum life_event executor_heard(struct monitor *m) {
    struct exec_record r;
    ssize_t n = read(m->exec_report, &r, sizeof r);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return LIFE_EVENT_COUNT;
    close(m->exec_report);
    m->exec_report = -1;
    if (n == 0) return EXEC_DONE;
    if (n == sizeof r) {
        r.stage[sizeof r.stage - 1] = 0;
        life_blame(&m->life, r.error, r.stage[0] ? r.stage : "sandbox: unnamed", "");
    } else {
        life_blame(&m->life, EPROTO, "sandbox: report", "not a record of 64 bytes");
    }
    return EXEC_FAILED;
}
