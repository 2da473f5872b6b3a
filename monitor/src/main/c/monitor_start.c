/* From a freshly forked process to a monitor: leaves everything inherited behind, takes the directory's lock before it
 * does anything else there, and makes every file it will ever need, so that a full disk is noticed now. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"
#include "proc.h"
#include "text.h"

enum { REPLY_FD = 3, KERNEL_SIGSET_BYTES = 8 };

_Static_assert(SPEC_REPORT_BYTES_MAX < sizeof((struct sockaddr_un *)0)->sun_path, "room for the NUL");

static struct monitor the_monitor;

/* Nothing was recorded: the spawner's reply is all there will ever be. */
static noreturn void refuse(int reply_fd, const char *stage, int error, const char *why) {
    char buffer[256];
    struct text t = text_in(buffer, sizeof buffer);
    reply_refusal(&t, error, stage, why);
    if (write(reply_fd, t.at, t.len) < 0) _exit(4); /* the spawner has gone, too: the node will find a spec without status */
    _exit(1);
}

/* All but those that a fault raises: they come as news through one descriptor. */
static sigset_t blocked_signals(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&set, faults[i]);
    return set;
}

static void block_signals(void) {
    sigset_t set = blocked_signals();
    sigprocmask(SIG_SETMASK, &set, NULL);
}

static int open_signals(void) {
    sigset_t set = blocked_signals();
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Descriptors, signals, session, mask. Afterwards 0, 1 and 2 are /dev/null and REPLY_FD is the pipe. */
static void leave_the_past(int reply_fd) {
    if (reply_fd != REPLY_FD && dup2(reply_fd, REPLY_FD) < 0) refuse(reply_fd, "fork", errno, "the reply pipe");
    if (syscall(SYS_close_range, REPLY_FD + 1, ~0U, 0) < 0) refuse(REPLY_FD, "fork", errno, "close_range: Linux 5.9 is needed");
    fcntl(REPLY_FD, F_SETFD, FD_CLOEXEC);
    for (int fd = 0; fd < REPLY_FD; fd++) close(fd);
    if (open("/dev/null", O_RDONLY) != 0 || open("/dev/null", O_WRONLY) != 1 || dup(1) != 2)
        refuse(REPLY_FD, "fork", errno, "/dev/null");
    /* By system call: libc keeps some real-time signals to itself, and an inherited SIG_IGN would reach the command. */
    static const unsigned long default_action[4];
    for (long signal = 1; signal <= 64; signal++)
        syscall(SYS_rt_sigaction, signal, default_action, NULL, KERNEL_SIGSET_BYTES);
    block_signals();
    setsid();
    umask(077);
    prctl(PR_SET_NAME, "mayfly-monitor");
}

/* The task's name is the last part of the path as it was asked for. */
static void enter_directory(struct monitor *m, const char *dir) {
    size_t end = strlen(dir);
    while (end > 0 && dir[end - 1] == '/') end--;
    size_t begin = end;
    while (begin > 0 && dir[begin - 1] != '/') begin--;
    struct text name = text_in(m->facts.task, sizeof m->facts.task);
    text_bytes(&name, dir + begin, end - begin);
    if (chdir(dir) < 0) refuse(REPLY_FD, "chdir", errno, "the directory cannot be entered");
    if (name.cut || !task_name_ok(m->facts.task)) refuse(REPLY_FD, "name", EINVAL, "not the name of a task");
}

/* Who wants to know whether a monitor lives locks the file for a moment, too: only a lock that lasts is another monitor. */
static void take_lock(struct monitor *m) {
    enum { TRIES = 20, PAUSE_NS = 5000000 };
    m->lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m->lock < 0) refuse(REPLY_FD, "lock", errno, "the lock cannot be opened");
    for (int i = 0; flock(m->lock, LOCK_EX | LOCK_NB) < 0; i++) {
        if (errno != EWOULDBLOCK && errno != EINTR) refuse(REPLY_FD, "lock", errno, "flock");
        if (i == TRIES) refuse(REPLY_FD, "lock", EWOULDBLOCK, "another monitor holds this directory");
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

static void introduce(struct monitor *m) {
    m->facts.monitor = getpid();
    if (!proc_own_start(&m->facts.monitor_start) || !proc_boot_id(m->facts.boot))
        refuse(REPLY_FD, "fork", EIO, "/proc cannot be read");
}

/* What cannot be had is blamed on the life, which then begins and ends as FAILED. */
static bool lacks(struct monitor *m, const char *stage, const char *why) {
    life_blame(&m->life, errno, stage, why);
    return true;
}

static int open_output(const char *name) {
    return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool lacks_pid_file(struct monitor *m) {
    char blank[PID_FILE_BYTES];
    memset(blank, ' ', sizeof blank);
    memcpy(blank, "0 0 ", 4);
    memcpy(blank + 4, m->facts.boot, BOOT_ID_CHARS);
    char ids[48];
    struct text t = text_in(ids, sizeof ids);
    text_add(&t, " ");
    text_number(&t, m->facts.monitor);
    text_add(&t, " ");
    text_number(&t, (int64_t)m->facts.monitor_start);
    memcpy(blank + 4 + BOOT_ID_CHARS, ids, t.len);
    blank[sizeof blank - 1] = '\n';
    m->pid_file = open("pid", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    errno = m->pid_file < 0 ? errno : ENOSPC; /* a short write says nothing */
    return m->pid_file < 0 || pwrite(m->pid_file, blank, sizeof blank, 0) != sizeof blank;
}

static bool lacks_sockets(struct monitor *m) {
    int kind = SOCK_CLOEXEC | SOCK_NONBLOCK;
    struct sockaddr_un own = {.sun_family = AF_UNIX, .sun_path = "monitor.sock"};
    unlink(own.sun_path); /* a stale one: we hold the lock, so nobody listens there */
    m->listener = socket(AF_UNIX, SOCK_STREAM | kind, 0);
    if (m->listener < 0 || bind(m->listener, (struct sockaddr *)&own, sizeof own) < 0 || listen(m->listener, 16) < 0) return true;
    m->node.sun_family = AF_UNIX;
    memcpy(m->node.sun_path, m->spec->report, strlen(m->spec->report)); /* the spec refused what does not fit */
    m->datagrams = socket(AF_UNIX, SOCK_DGRAM | kind, 0);
    return m->datagrams < 0;
}

static bool lacks_something(struct monitor *m) {
    struct spec_problem problem;
    m->spec = spec_open("spec", &problem);
    if (m->spec == NULL) {
        errno = problem.errno_;
        return lacks(m, "spec", problem.text);
    }
    m->life.timeout_ms = m->spec->timeout_ms;
    m->life.grace_ms = m->spec->grace_ms;
    m->output_max = m->spec->output_max;
    if (lacks_pid_file(m)) return lacks(m, "pid", "the pid file");
    if (lacks_sockets(m)) return lacks(m, "socket", "monitor.sock");
    m->out = open_output("stdout");
    if (m->out < 0) return lacks(m, "stdout", "the file stdout");
    m->err = open_output("stderr");
    if (m->err < 0) return lacks(m, "stderr", "the file stderr");
    m->signals = open_signals();
    if (m->signals < 0) return lacks(m, "socket", "signalfd");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return lacks(m, "fork", "subreaper");
    return false;
}

/* The record exists before the command does, so whoever finds none knows that nothing was started. */
static void first_status(struct monitor *m) {
    m->facts.seq = 1;
    if (status_write(m->status, &m->facts, &m->life, false)) return;
    int error = errno;
    unlink("status");
    unlink("pid");
    unlink("monitor.sock");
    refuse(REPLY_FD, "status", error, "the status record");
}

noreturn void monitor_run(const char *dir, int reply_fd) {
    struct monitor *m = &the_monitor;
    m->status = m->pid_file = m->log = m->out = m->err = m->exec_report = m->pidfd = m->signals = m->listener = m->datagrams = -1;
    m->reply = REPLY_FD;
    m->output_every_ms = OUTPUT_EVERY_MIN_MS;
    clients_init(m);
    leave_the_past(reply_fd);
    enter_directory(m, dir);
    take_lock(m);
    introduce(m);
    m->status = status_create("status");
    if (m->status < 0)
        refuse(REPLY_FD, "status", errno, errno == EEXIST ? "this directory was used already" : "the status record");
    life_begin(&m->life);
    bool lacking = lacks_something(m);
    if (lacking) monitor_event(m, EXEC_FAILED);
    else if (m->spec->start == START_AT_ONCE) monitor_event(m, START_ASKED);
    first_status(m);
    if (m->life.state == WAITING) m->life.effects |= PUBLISH;
    monitor_loop(m);
}
