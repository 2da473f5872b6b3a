/* One machine per connection: the fastest way to give unmodified native programs a fresh process each (0.2 ms). The
 * connection is the machine's life: when its peer shuts down or closes, the machine is killed; when the machine ends,
 * our copy is closed, and the peer's end of file says that nothing of it is left. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "channel.h"
#include "init.h"
#include "kernel.h"
#include "roles.h"
#include "seccomp.h"
#include "text.h"

enum { MACHINES_MAX = 1024, PROCESSES_KEPT = 32, POLL_LISTENER = 0, POLL_SIGNALS = 1, POLL_MACHINES = 2 };

extern char **environ;

/* The agent of plain programs is in this binary: a fork of ours becomes it without an execve (0.2 ms of a call). */
static bool agent_is_us;

static struct {
    unsigned count;
    pid_t pid[MACHINES_MAX];
    struct pollfd poll[POLL_MACHINES + MACHINES_MAX]; /* [POLL_MACHINES + i] is the connection of machine i */
} now;

static int private_places(const struct init_plan *plan) {
    char options[64];
    struct text t = text_in(options, sizeof options);
    text_add(&t, "mode=1777,nr_inodes=16384,size=");
    text_number(&t, (int64_t)plan->tmp_bytes);
    if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) return errno;
    return 0;
}

/* Descriptors 1 and 2 become an unnamed file in the machine's own /tmp, whose end its agent sends as log. The sandbox's
 * own output is one for all machines and limited: one machine could end the others with it. */
static int private_output(void) {
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0) return errno;
    close(fd);
    return 0;
}

/* The rest is ours: a fork bomb in one machine must not keep us from starting another. */
static void leave_room(void) {
    struct rlimit processes;
    if (getrlimit(RLIMIT_NPROC, &processes) != 0 || processes.rlim_cur == RLIM_INFINITY) return;
    if (processes.rlim_cur > 2 * PROCESSES_KEPT) processes.rlim_cur -= PROCESSES_KEPT;
    processes.rlim_max = processes.rlim_cur;
    setrlimit(RLIMIT_NPROC, &processes);
}

static bool is_our_agent(const char *const *argv) {
    struct stat program, us;
    return argv[1] && strcmp(argv[1], "stdio-agent") == 0 && stat(argv[0], &program) == 0 &&
           stat("/proc/self/exe", &us) == 0 && program.st_dev == us.st_dev && program.st_ino == us.st_ino;
}

_Noreturn static void become_agent(const struct init_plan *plan, int connection) {
    int count = 0;
    while (plan->argv[count]) count++;
    if (init_clear(connection) != 0 || syscall(K_NR_close_range, 4u, ~0u, 0) != 0) _exit(125);
    environ = (char **)(uintptr_t)plan->env;
    _exit(stdio_agent_main(count - 1, (char **)(uintptr_t)plan->argv + 1));
}

_Noreturn static void become_machine(const struct init_plan *plan, int connection) {
    int error = prctl(K_PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : errno;
    leave_room();
    setsid(); /* a process group crosses pid namespaces: kill(0) would reach us and every other machine */
    if (plan->own_namespaces) {
        if (error == 0) error = private_places(plan);
        if (error == 0) error = private_output();
        if (error == 0) error = caps_drop_all();
        if (error == 0) error = seccomp_install_tail();
    }
    if (error == 0 && agent_is_us) become_agent(plan, connection);
    if (error == 0) error = init_execute(plan->argv, plan->env, connection, -1);
    init_report(-1, plan->argv[0], error);
    _exit(125);
}

static void start_machine(const struct init_plan *plan, int connection) {
    unsigned long flags = SIGCHLD | (plan->own_namespaces ? CLONE_NEWPID | CLONE_NEWNS : 0);
    pid_t pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (pid == 0) become_machine(plan, connection);
    if (pid < 0) {
        close(connection); /* at the limit: refused */
        return;
    }
    now.pid[now.count] = pid;
    now.poll[POLL_MACHINES + now.count] = (struct pollfd){.fd = connection, .events = POLLRDHUP};
    now.count++;
}

static void accept_one(const struct init_plan *plan) {
    int connection = accept4(plan->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (now.count == plan->machines_max) close(connection);
    else start_machine(plan, connection);
}

/* Its process 1 takes the pid namespace with it; without one, its process group. Not reaped yet, so the pid is ours. */
static void kill_machine(const struct init_plan *plan, unsigned i) {
    if (!plan->own_namespaces) kill(-now.pid[i], SIGKILL);
    kill(now.pid[i], SIGKILL);
    now.poll[POLL_MACHINES + i].fd = ~now.poll[POLL_MACHINES + i].fd; /* negative: poll skips it until it is reaped */
}

static void forget_machine(const struct init_plan *plan, unsigned i) {
    int fd = now.poll[POLL_MACHINES + i].fd;
    if (!plan->own_namespaces) kill(-now.pid[i], SIGKILL); /* children it left behind */
    close(fd < 0 ? ~fd : fd);
    now.count--;
    now.pid[i] = now.pid[now.count];
    now.poll[POLL_MACHINES + i] = now.poll[POLL_MACHINES + now.count];
}

/* The last frame on its connection, unless the peer hung up: so that a crash has a name. Never waits. */
static void say_how_it_ended(int connection, int status) {
    char meta[64];
    channel_exited_meta(meta, sizeof meta, status);
    fcntl(connection, F_SETFL, O_NONBLOCK);
    channel_write(connection, CHANNEL_RESPONSE, meta, NULL, 0);
}

static void reap(const struct init_plan *plan) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
        for (unsigned i = 0; i < now.count; i++)
            if (now.pid[i] == ended) {
                if (now.poll[POLL_MACHINES + i].fd >= 0) say_how_it_ended(now.poll[POLL_MACHINES + i].fd, status);
                forget_machine(plan, i);
                break;
            }
}

static void handle_signals(const struct init_plan *plan) {
    struct signalfd_siginfo info;
    while (read(now.poll[POLL_SIGNALS].fd, &info, sizeof info) == sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP) {
            for (unsigned i = 0; i < now.count; i++) kill_machine(plan, i);
            init_end(plan, number); /* as a wait status: ended by this signal */
        }
    }
    reap(plan);
}

_Noreturn void init_accept(const struct init_plan *given) {
    struct init_plan plan = *given;
    if (plan.machines_max == 0 || plan.machines_max > MACHINES_MAX) plan.machines_max = MACHINES_MAX;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    fcntl(plan.listener, F_SETFL, O_NONBLOCK);
    now.poll[POLL_LISTENER] = (struct pollfd){.fd = plan.listener, .events = POLLIN};
    now.poll[POLL_SIGNALS] = (struct pollfd){.fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC), .events = POLLIN};
    if (strchr(plan.argv[0], '/') && access(plan.argv[0], X_OK) != 0) {
        init_report(plan.report, "execve", errno);
        _exit(125);
    }
    agent_is_us = is_our_agent(plan.argv);
    if (plan.report >= 0) close(plan.report); /* end of file there means: ready */
    for (;;) {
        if (poll(now.poll, POLL_MACHINES + now.count, -1) < 0) continue;
        /* in this order: reaping and accepting move entries of the table */
        for (unsigned i = 0; i < now.count; i++)
            if (now.poll[POLL_MACHINES + i].fd >= 0 && now.poll[POLL_MACHINES + i].revents) kill_machine(&plan, i);
        if (now.poll[POLL_SIGNALS].revents) handle_signals(&plan);
        if (now.poll[POLL_LISTENER].revents) accept_one(&plan);
    }
}
