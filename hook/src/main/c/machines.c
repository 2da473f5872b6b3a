#include "machines.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "machine.h"
#include "real.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct machine *machines_find(struct machines *all, uint64_t id) {
    for (unsigned i = 0; i < all->count; i++)
        if (all->at[i]->id == id) return all->at[i];
    return NULL;
}

unsigned machines_poll(struct machines *all) {
    unsigned n = 2;
    for (unsigned i = 0; i < all->count; i++) {
        struct machine *m = all->at[i];
        for (int s = 0; s < SOCKETS; s++) {
            short events = s == AT_NODE ? POLLRDHUP : POLLIN;
            if (s == AT_NODE && m->held) events |= POLLOUT;
            bool waits = m->fd[s] < 0 || (m->held && (s == AT_OUT || s == AT_ERR)) || (m->killed && s == AT_NODE);
            all->poll[n++] = (struct pollfd){.fd = waits ? -1 : m->fd[s], .events = events};
        }
    }
    return n;
}

static void close_at(struct machine *m, enum machine_socket s) {
    if (m->fd[s] >= 0) real()->close(m->fd[s]);
    m->fd[s] = -1;
}

static bool send_held(struct machine *m) {
    enum frame_sent sent = frame_send(m->fd[AT_NODE], CHANNEL_LOG, m->held_stream == 2 ? "{\"stream\":2}" : "{\"stream\":1}", m->bytes, m->held);
    if (sent == SENT_LATER) return false;
    m->held = 0; /* SENT_NEVER: its node's end will be seen */
    return sent == SENT;
}

/* Passes on what the program printed; true when there may be more. */
static bool pass_output(struct machine *m, enum machine_socket s) {
    if (m->fd[s] < 0 || m->held) return false;
    ssize_t n = read(m->fd[s], m->bytes, sizeof m->bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        close_at(m, s);
        return false;
    }
    m->held = (unsigned)n;
    m->held_stream = s == AT_ERR ? 2 : 1;
    return send_held(m);
}

static void tell_over(struct machine *m) {
    while (pass_output(m, AT_OUT)) continue;
    while (pass_output(m, AT_ERR)) continue;
    frame_send(m->fd[AT_NODE], CHANNEL_RESPONSE, "{\"status\":\"ok\",\"json\":false,\"us\":0}", NULL, 0);
}

/* What the machine says, each word once: whoever took it over can say no more than the hook. */
static void hear(struct machine *m) {
    char words[4];
    ssize_t n = m->fd[AT_QUEUE] < 0 ? -1 : recv(m->fd[AT_QUEUE], words, sizeof words, MSG_DONTWAIT);
    for (ssize_t i = 0; i < n; i++) {
        if (words[i] == MACHINE_TOOK && !m->took) {
            m->took = true;
            frame_send(m->fd[AT_NODE], CHANNEL_PING, "", NULL, 0);
        } else if (words[i] == MACHINE_OVER && m->took && !m->over) {
            m->over = true;
            tell_over(m);
        }
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) close_at(m, AT_QUEUE);
}

static void kill_machine(struct machine *m) {
    kill(m->pid, SIGKILL); /* not reaped yet, so the number is still its own; its namespace goes with it */
    m->killed = true;
    m->held = 0;
    close_at(m, AT_OUT); /* nobody listens: it need not be drained */
    close_at(m, AT_ERR);
}

/* Its process is dead, and so is everything that it started. Says how, last; the end of the stream says that this is so. */
static bool bury(struct machine *m) {
    siginfo_t end = {0};
    if (waitid(P_PIDFD, (id_t)m->fd[AT_END], &end, WEXITED | WNOHANG) != 0 || end.si_pid == 0) return false;
    hear(m);
    for (int s = AT_OUT; s <= AT_ERR; s++) {
        if (m->held) send_held(m);
        while (pass_output(m, (enum machine_socket)s)) continue;
    }
    char meta[64];
    int status = end.si_code == CLD_EXITED ? end.si_status << 8 : end.si_status;
    channel_exited_meta(meta, sizeof meta, status);
    frame_send(m->fd[AT_NODE], CHANNEL_RESPONSE, meta, NULL, 0);
    for (int s = 0; s < SOCKETS; s++) close_at(m, (enum machine_socket)s);
    return true;
}

static bool act(struct machine *m, const struct pollfd *found) {
    if (found[AT_QUEUE].revents && m->fd[AT_QUEUE] >= 0) hear(m);
    if (found[AT_NODE].revents & POLLOUT && m->held) send_held(m);
    for (int s = AT_OUT; s <= AT_ERR; s++)
        if (found[s].revents) pass_output(m, (enum machine_socket)s);
    if (found[AT_NODE].revents & (POLLRDHUP | POLLHUP | POLLERR)) kill_machine(m);
    return found[AT_END].revents && bury(m);
}

void machines_act(struct machines *all) {
    unsigned kept = 0, count = all->count;
    for (unsigned i = 0; i < count; i++) {
        struct machine *m = all->at[i];
        if (act(m, &all->poll[2 + i * SOCKETS])) munmap(m, sizeof *m);
        else all->at[kept++] = m;
    }
    all->count = kept;
}
