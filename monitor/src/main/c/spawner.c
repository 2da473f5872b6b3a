/* The spawner: the node's child that makes monitors, because a process as large as the node must not fork. One poll loop
 * over its standard input and the pipes of all spawns under way (PROTOCOL.md section 3). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor.h"
#include "request.h"
#include "roles.h"
#include "spawn.h"

enum { SPAWNS_MAX = 256 };

struct under_way {
    int pipe;
    int64_t id, deadline; /* monotonic milliseconds */
};

struct spawner {
    struct under_way spawns[SPAWNS_MAX];
    int count;
    size_t len;    /* bytes in line */
    bool skipping; /* the rest of an over-long line */
    bool ended;    /* end of file on standard input */
    char line[SPAWN_LINE_MAX];
};

static void say(const char *line, size_t n) {
    while (n > 0) {
        ssize_t done = write(1, line, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) _exit(1); /* the node has gone */
        line += done;
        n -= (size_t)done;
    }
}

static void say_refusal(int64_t id, int error, const char *stage, const char *why) {
    char line[512];
    struct text t = text_in(line, sizeof line);
    reply_begin(&t, id);
    reply_refusal(&t, error, stage, why);
    say(t.at, t.len);
}

static void handle(struct spawner *s, char *line, size_t n) {
    struct spawn_request r;
    if (!spawn_request_parse(line, n, &r)) {
        say_refusal(r.id, EINVAL, "request", r.problem);
        return;
    }
    int pipe = spawn_monitor(r.dir);
    if (pipe < 0) say_refusal(r.id, errno, "fork", "no process for a monitor");
    else s->spawns[s->count++] = (struct under_way){pipe, r.id, monotonic_ms() + r.deadline_ms};
}

/* Handles the lines that are here, as long as there is a place for another spawn. */
static void handle_lines(struct spawner *s) {
    char *newline;
    while (s->count < SPAWNS_MAX && (newline = memchr(s->line, '\n', s->len)) != NULL) {
        size_t used = (size_t)(newline - s->line) + 1;
        if (!s->skipping) handle(s, s->line, used - 1);
        s->skipping = false;
        s->len -= used;
        memmove(s->line, s->line + used, s->len);
    }
    if (s->len < sizeof s->line || memchr(s->line, '\n', s->len)) return;
    if (!s->skipping) say_refusal(-1, E2BIG, "request", "a line of more than 8192 bytes");
    s->skipping = true;
    s->len = 0;
}

static void read_requests(struct spawner *s) {
    ssize_t n = read(0, s->line + s->len, sizeof s->line - s->len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n < 0) _exit(1);
    s->ended = n == 0;
    s->len += (size_t)n;
}

/* Removes the i-th spawn. */
static void forget(struct spawner *s, int i) {
    s->spawns[i] = s->spawns[--s->count];
}

static void give_up_late_ones(struct spawner *s) {
    int64_t now = monotonic_ms();
    for (int i = s->count - 1; i >= 0; i--)
        if (s->spawns[i].deadline <= now) {
            say_refusal(s->spawns[i].id, ETIMEDOUT, "deadline", "the monitor has not answered yet");
            close(s->spawns[i].pipe);
            forget(s, i);
        }
}

static int poll_timeout(const struct spawner *s) {
    int64_t next = INT64_MAX, now = monotonic_ms();
    for (int i = 0; i < s->count; i++)
        if (s->spawns[i].deadline < next) next = s->spawns[i].deadline;
    return next == INT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);
}

static void serve(struct spawner *s) {
    static struct pollfd p[1 + SPAWNS_MAX];
    static char line[STATUS_JSON_MAX + 256];
    while (!s->ended) {
        int count = s->count;
        p[0] = (struct pollfd){count < SPAWNS_MAX ? 0 : -1, POLLIN, 0};
        for (int i = 0; i < count; i++) p[1 + i] = (struct pollfd){s->spawns[i].pipe, POLLIN, 0};
        if (poll(p, 1 + (nfds_t)count, poll_timeout(s)) < 0) continue;
        for (int i = count - 1; i >= 0; i--) { /* downwards: forget moves the last one, which was looked at, to i */
            size_t n = p[1 + i].revents ? spawn_reply(s->spawns[i].pipe, s->spawns[i].id, line, sizeof line) : 0;
            if (n == 0) continue;
            say(line, n);
            forget(s, i);
        }
        give_up_late_ones(s);
        if (p[0].revents) read_requests(s);
        handle_lines(s);
    }
}

int spawner_main(int argc, char **argv) {
    static struct spawner spawner;
    static const char usage[] = "usage: mayfly-monitor spawner (requests on standard input, see monitor/PROTOCOL.md)\n";
    if (argc != 1) return write(2, usage, sizeof usage - 1) < 0 ? 3 : 2;
    for (int fd = 0; fd <= 2; fd++) /* a missing one must not become a spawn's pipe */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return 1;
    syscall(SYS_close_range, 3, ~0U, 0); /* failing, on an old kernel, every spawn says so */
    signal(SIGPIPE, SIG_IGN);
    setsid(); /* Ctrl-C is for the node, which then closes our standard input */
    prctl(PR_SET_NAME, "mayfly-spawner");
    serve(&spawner);
    return 0;
}
