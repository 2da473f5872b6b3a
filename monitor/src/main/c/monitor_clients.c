/* monitor.sock: requests, one JSON line each, and their replies. Nobody can make the monitor wait: every call here is
 * non-blocking, and a client that does not take its replies is dropped. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "monitor.h"

static void drop(struct client *c) {
    close(c->fd);
    c->fd = -1;
}

void clients_init(struct monitor *m) {
    for (int i = 0; i < CLIENTS_MAX; i++) m->clients[i] = (struct client){.fd = -1, .line = m->lines[i]};
}

static struct client *place(struct monitor *m) {
    struct client *oldest = &m->clients[0];
    for (struct client *c = m->clients; c < m->clients + CLIENTS_MAX; c++) {
        if (c->fd < 0) return c;
        if (c->last_used < oldest->last_used) oldest = c;
    }
    note(m, "a ninth client takes the place of the one silent longest", "", 0);
    drop(oldest);
    return oldest;
}

static bool trusted(struct monitor *m, int fd) {
    struct ucred peer;
    socklen_t n = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && (peer.uid == 0 || peer.uid == geteuid())) return true;
    note(m, "a client of another user was turned away", "", 0);
    return false;
}

void clients_accept(struct monitor *m) {
    int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
        note(m, "accept", "", errno);
        m->accept_at = monotonic_ms() + 100; /* out of descriptors: the listener stays readable, so do not spin */
        return;
    }
    if (!trusted(m, fd)) {
        close(fd);
        return;
    }
    struct client *c = place(m);
    c->fd = fd;
    c->len = 0;
    c->last_used = ++m->client_uses;
}

static void reply(struct monitor *m, struct client *c, struct text *t) {
    if (send(c->fd, t->at, t->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)t->len) return;
    note(m, "a client did not take its reply", "", errno);
    drop(c);
}

/* NULL, or why the command was not obeyed, with *error set. */
static const char *obey(struct monitor *m, const struct request *r, int *error) {
    static const enum life_event events[] = {
        [REQUEST_START] = START_ASKED, [REQUEST_KILL] = SIGNAL_ASKED, [REQUEST_STOP] = STOP_ASKED};
    if (r->command == REQUEST_STATUS) return NULL;
    m->life.asked_signal = r->signal;
    m->signal_error = 0;
    *error = r->command == REQUEST_START ? EALREADY : ESRCH;
    const char *refused = life_step(&m->life, events[r->command], monotonic_ms());
    if (refused) return refused;
    monitor_act(m);
    *error = m->signal_error;
    return m->signal_error ? "the signal could not be sent" : NULL;
}

static void answer(struct monitor *m, struct client *c, char *line, size_t n) {
    struct request r;
    char buffer[STATUS_JSON_MAX + 64];
    struct text t = text_in(buffer, sizeof buffer);
    bool understood = request_parse(line, n, &r);
    int error = EINVAL;
    const char *refused = understood ? obey(m, &r, &error) : r.problem;
    reply_begin(&t, r.id);
    if (refused) {
        reply_refusal(&t, error, understood ? request_command_name(r.command) : "request", refused);
    } else {
        text_add(&t, "\"ok\":true,\"status\":");
        t.len += status_json(t.at + t.len, t.size - t.len, &m->facts, &m->life);
        text_add(&t, "}\n");
    }
    reply(m, c, &t);
}

void clients_read(struct monitor *m, struct client *c) {
    ssize_t n = recv(c->fd, c->line + c->len, REQUEST_LINE_MAX - c->len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        drop(c);
        return;
    }
    c->len += (size_t)n;
    c->last_used = ++m->client_uses;
    char *newline;
    while (c->fd >= 0 && (newline = memchr(c->line, '\n', c->len)) != NULL) {
        size_t used = (size_t)(newline - c->line) + 1;
        answer(m, c, c->line, used - 1);
        c->len -= used;
        memmove(c->line, c->line + used, c->len);
    }
    if (c->fd >= 0 && c->len == REQUEST_LINE_MAX) {
        char buffer[128];
        struct text t = text_in(buffer, sizeof buffer);
        reply_begin(&t, -1);
        reply_refusal(&t, E2BIG, "request", "a line of more than 512 bytes");
        reply(m, c, &t);
        if (c->fd >= 0) drop(c);
    }
}
