/* The monitor's loop: what happens becomes an event, the life decides, and its effects are done here. */
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "text.h"

int64_t monotonic_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *monitor_event(struct monitor *m, enum life_event event) {
    const char *refused = life_step(&m->life, event, monotonic_ms());
    if (refused) note(m, life_event_name(event), refused, 0);
    return refused;
}

/* -- effects -- */

/* The reply that the spawner waits for: the end of a line whose beginning, with the id, is the spawner's. */
static void answer_spawner(struct monitor *m) {
    char buffer[STATUS_JSON_MAX + 64];
    struct text t = text_in(buffer, sizeof buffer);
    text_add(&t, "\"ok\":true,\"status\":");
    t.len += status_json(t.at + t.len, t.size - t.len, &m->facts, &m->life);
    text_add(&t, "}\n");
    if (write(m->reply, t.at, t.len) < 0) note(m, "the spawner has gone", "", errno);
    close(m->reply);
    m->reply = -1;
}

static void tell_node(struct monitor *m) {
    if (m->node.sun_path[0] == 0) return;
    char json[STATUS_JSON_MAX + 1];
    size_t n = status_json(json, sizeof json, &m->facts, &m->life);
    if (sendto(m->datagrams, json, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&m->node, sizeof m->node) < 0)
        note(m, "a report did not arrive", life_state_name(m->life.state), errno);
}

static void publish(struct monitor *m) {
    m->facts.seq++;
    if (!status_write(m->status, &m->facts, &m->life, false)) note(m, "status", "", errno);
    tell_node(m);
    if (m->reply >= 0 && !m->life.failed) answer_spawner(m); /* a failure is replied when it is durable */
}

static void execute_command(struct monitor *m) {
    m->facts.started_ms = wall_ms();
    bool forked = executor_fork(m);
    enum life_event heard = forked ? executor_heard(m) : EXEC_FAILED;
    if (heard != LIFE_EVENT_COUNT) monitor_event(m, heard); /* without a sandbox it has been executed by now */
    spec_close(m->spec);
    m->spec = NULL;
    m->output_at = monotonic_ms() + OUTPUT_EVERY_MIN_MS;
}

static void send_signal(struct monitor *m) {
    int sent = m->pidfd < 0 ? (errno = ESRCH, -1) : (int)syscall(SYS_pidfd_send_signal, m->pidfd, m->life.send_signal, NULL, 0);
    m->signal_error = sent < 0 ? errno : 0;
    if (sent < 0) note(m, "signal", "", errno);
}

static void sweep(struct monitor *m) {
    if (proc_kill_children() < 0) note(m, "the children cannot be listed", "", errno);
}

void monitor_act(struct monitor *m) {
    static const struct {
        uint32_t effect;
        void (*act)(struct monitor *m);
    } acts[] = {{EXECUTE, execute_command}, {SIGNAL, send_signal}, {SWEEP, sweep}, {PUBLISH, publish}};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (m->life.effects & acts[i].effect) {
            m->life.effects &= ~acts[i].effect;
            acts[i].act(m);
        }
}

/* So that the file's name is as durable as its content. */
static void sync_directory(struct monitor *m) {
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fsync(dir) < 0) note(m, "the directory could not be synced", "", errno);
    if (dir >= 0) close(dir);
}

/* Nothing of the command is left: say so durably, then to everybody, then go. */
static void conclude(struct monitor *m) {
    m->life.effects &= ~(uint32_t)CONCLUDE;
    if (!m->concluded_once) {
        int error = cgroups_remove();
        if (error) note(m, "a cgroup stays", "", error);
        m->facts.seq++;
        if (m->facts.ended_ms == 0) m->facts.ended_ms = wall_ms();
        m->concluded_once = true;
    }
    if (!status_write(m->status, &m->facts, &m->life, true)) {
        note(m, "the final status could not be written", "", errno);
        monitor_event(m, WRITE_FAILED);
        return;
    }
    sync_directory(m);
    unlink("pid");
    unlink("monitor.sock");
    tell_node(m);
    if (m->reply >= 0) answer_spawner(m);
    _exit(0);
}

/* -- events -- */

static void ended(struct monitor *m, int how, const struct rusage *used) {
    if (m->exec_report >= 0) {
        enum life_event heard = executor_heard(m);
        if (heard != LIFE_EVENT_COUNT) monitor_event(m, heard);
    }
    m->facts.user_us = (int64_t)used->ru_utime.tv_sec * 1000000 + used->ru_utime.tv_usec;
    m->facts.system_us = (int64_t)used->ru_stime.tv_sec * 1000000 + used->ru_stime.tv_usec;
    m->facts.max_rss_bytes = (int64_t)used->ru_maxrss * 1024;
    m->facts.ended_ms = wall_ms();
    if (!m->life.failed) {
        if (WIFEXITED(how)) m->life.exit_code = WEXITSTATUS(how);
        else m->life.signal = WTERMSIG(how);
        m->life.oom = cgroups_had_oom();
    }
    close(m->pidfd);
    m->pidfd = -1;
    if (!m->life.failed) monitor_event(m, CHILD_EXITED);
}

static void reap(struct monitor *m) {
    for (;;) {
        int how;
        struct rusage used;
        pid_t pid = wait4(-1, &how, WNOHANG, &used);
        if (pid > 0 && pid == m->facts.pid && m->pidfd >= 0) ended(m, how, &used);
        else if (pid < 0 && errno == ECHILD && m->life.state == ENDING) monitor_event(m, NO_CHILDREN);
        if (pid == 0 && m->life.state == ENDING) m->life.effects |= SWEEP; /* orphans may have become ours */
        if (pid <= 0 && !(pid < 0 && errno == EINTR)) return;
        monitor_act(m);
    }
}

static void read_signals(struct monitor *m) {
    struct signalfd_siginfo s;
    while (read(m->signals, &s, sizeof s) == sizeof s) {
        if (s.ssi_signo == SIGCHLD) continue; /* reap looks in every round */
        char number[8];
        struct text t = text_in(number, sizeof number);
        text_number(&t, s.ssi_signo);
        note(m, s.ssi_signo == SIGTERM ? "asked to stop by signal" : "a signal that means nothing to a monitor", number, 0);
        if (s.ssi_signo == SIGTERM) monitor_event(m, STOP_ASKED);
    }
}

static void look_at_output(struct monitor *m) {
    struct stat out, err;
    if (fstat(m->out, &out) < 0 || fstat(m->err, &err) < 0) return; /* open descriptors of files: it cannot */
    uint64_t size = (uint64_t)out.st_size + (uint64_t)err.st_size;
    bool grew = size != m->output_size;
    m->output_size = size;
    m->output_every_ms = grew ? OUTPUT_EVERY_MIN_MS : m->output_every_ms * 2;
    if (m->output_every_ms > OUTPUT_EVERY_MAX_MS) m->output_every_ms = OUTPUT_EVERY_MAX_MS;
    m->output_at = monotonic_ms() + m->output_every_ms;
    if (size > m->output_max) monitor_event(m, OUTPUT_OVER);
}

static bool is_running(const struct monitor *m) {
    return m->life.state == STARTING || m->life.state == RUNNING || m->life.state == STOPPING;
}

static void fire_timers(struct monitor *m) {
    int64_t now = monotonic_ms();
    enum life_event due;
    while ((due = life_due(&m->life, now)) != LIFE_EVENT_COUNT) monitor_event(m, due);
    if (is_running(m) && m->output_at <= now) look_at_output(m);
    if (m->accept_at && m->accept_at <= now) m->accept_at = 0;
}

static int poll_timeout(const struct monitor *m) {
    int64_t next = life_next(&m->life), now = monotonic_ms();
    if (is_running(m) && (next == 0 || m->output_at < next)) next = m->output_at;
    if (m->accept_at && (next == 0 || m->accept_at < next)) next = m->accept_at;
    if (next == 0) return -1;
    int64_t wait = next - now;
    return wait < 0 ? 0 : wait > 3600000 ? 3600000 : (int)wait;
}

static void wait_for_news(struct monitor *m) {
    enum { SIGNALS, LISTENER, EXEC_REPORT, FIRST_CLIENT, COUNT = FIRST_CLIENT + CLIENTS_MAX };
    struct pollfd p[COUNT] = {
        [SIGNALS] = {m->signals, POLLIN, 0},
        [LISTENER] = {m->accept_at ? -1 : m->listener, POLLIN, 0},
        [EXEC_REPORT] = {m->exec_report, POLLIN, 0},
    };
    for (int i = 0; i < CLIENTS_MAX; i++) p[FIRST_CLIENT + i] = (struct pollfd){m->clients[i].fd, POLLIN, 0};
    if (poll(p, COUNT, poll_timeout(m)) < 0) return; /* EINTR: the next round looks again */
    if (p[EXEC_REPORT].revents && m->exec_report >= 0) {
        enum life_event heard = executor_heard(m);
        if (heard != LIFE_EVENT_COUNT) monitor_event(m, heard);
    }
    if (p[SIGNALS].revents) read_signals(m);
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (p[FIRST_CLIENT + i].revents && m->clients[i].fd == p[FIRST_CLIENT + i].fd) clients_read(m, &m->clients[i]);
    if (p[LISTENER].revents) clients_accept(m);
}

noreturn void monitor_loop(struct monitor *m) {
    for (;;) {
        monitor_act(m);
        reap(m);
        monitor_act(m);
        if (m->life.effects & CONCLUDE) conclude(m);
        if (m->life.effects & ABANDON) _exit(3);
        wait_for_news(m);
        fire_timers(m);
    }
}
