/* The functions that the program calls instead of libc's. Each does what libc's does, but for what its mode needs. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "descriptors.h"
#include "hook.h"
#include "machine.h"
#include "plan.h"
#include "real.h"
#include "runtime.h"
#include "shared.h"
#include "waiting.h"

#define EXPORT __attribute__((visibility("default")))
#define NS_PER_S 1000000000
#define NS_PER_MS 1000000

static struct timespec span(int64_t ns) {
    return (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
}

static int64_t from_timespec(const struct timespec *t) {
    return t ? (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec : -1;
}

/* ---- poll ---- */

struct poll_call {
    struct pollfd *fds;
    nfds_t count;
    const sigset_t *mask;
};

static int attempt_poll(struct wait *w, int64_t timeout) {
    struct poll_call *call = w->call;
    struct timespec t = span(timeout);
    return real()->ppoll(call->fds, call->count, timeout < 0 ? NULL : &t, call->mask);
}

static bool poll_listens(struct wait *w) {
    const struct poll_call *call = w->call;
    for (nfds_t i = 0; i < call->count; i++)
        if (call->fds[i].events & POLLIN && is_listening(call->fds[i].fd)) return true;
    return false;
}

static int wait_poll(struct pollfd *fds, nfds_t count, int64_t timeout, const sigset_t *mask) {
    struct poll_call call = {fds, count, mask};
    return hook_wait(&(struct wait){attempt_poll, poll_listens, timeout, &call});
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout) {
    return wait_poll(fds, count, timeout < 0 ? -1 : (int64_t)timeout * NS_PER_MS, NULL);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size) {
    (void)size;
    return poll(fds, count, timeout);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    return wait_poll(fds, count, from_timespec(timeout), mask);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t size) {
    (void)size;
    return ppoll(fds, count, timeout, mask);
}

/* ---- select ---- */

struct select_call {
    int count;
    fd_set *asked[3];
    fd_set kept[3];
    const sigset_t *mask;
};

static size_t set_bytes(int count) { /* the caller's sets may be larger or smaller than fd_set; the kernel goes by words */
    size_t words = ((size_t)count + 8 * sizeof(long) - 1) / (8 * sizeof(long));
    size_t bytes = words * sizeof(long);
    return bytes < sizeof(fd_set) ? bytes : sizeof(fd_set);
}

static int attempt_select(struct wait *w, int64_t timeout) {
    struct select_call *call = w->call;
    struct timespec t = span(timeout);
    for (int i = 0; i < 3; i++)
        if (call->asked[i]) memcpy(call->asked[i], &call->kept[i], set_bytes(call->count));
    return real()->pselect(call->count, call->asked[0], call->asked[1], call->asked[2], timeout < 0 ? NULL : &t, call->mask);
}

static bool select_listens(struct wait *w) {
    const struct select_call *call = w->call;
    for (int fd = 0; call->asked[0] && fd < call->count; fd++)
        if (FD_ISSET(fd, &call->kept[0]) && is_listening(fd)) return true;
    return false;
}

EXPORT int pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask) {
    if (count < 0 || count > FD_SETSIZE) return real()->pselect(count, in, out, except, timeout, mask);
    struct select_call call = {.count = count, .asked = {in, out, except}, .mask = mask};
    for (int i = 0; i < 3; i++)
        if (call.asked[i]) memcpy(&call.kept[i], call.asked[i], set_bytes(count));
    return hook_wait(&(struct wait){attempt_select, select_listens, from_timespec(timeout), &call});
}

EXPORT int select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout) {
    if (!timeout) return pselect(count, in, out, except, NULL, NULL);
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
        errno = EINVAL;
        return -1;
    }
    int64_t began = monotonic_ns(), given = (int64_t)timeout->tv_sec * NS_PER_S + (int64_t)timeout->tv_usec * 1000;
    struct timespec t = span(given);
    int result = pselect(count, in, out, except, &t, NULL);
    int64_t left = given - (monotonic_ns() - began);
    if (left < 0) left = 0;
    *timeout = (struct timeval){left / NS_PER_S, left % NS_PER_S / 1000}; /* as Linux does */
    return result;
}

/* ---- epoll ---- */

struct epoll_call {
    int epoll;
    struct epoll_event *events;
    int count;
    const sigset_t *mask;
};

static int attempt_epoll(struct wait *w, int64_t timeout) {
    struct epoll_call *call = w->call;
    int64_t ms = timeout < 0 ? -1 : (timeout + NS_PER_MS - 1) / NS_PER_MS;
    return real()->epoll_pwait(call->epoll, call->events, call->count, ms > INT32_MAX ? INT32_MAX : (int)ms, call->mask);
}

static bool epoll_call_listens(struct wait *w) {
    return epoll_listens(((struct epoll_call *)w->call)->epoll);
}

static int wait_epoll(int epoll, struct epoll_event *events, int count, int64_t timeout, const sigset_t *mask) {
    struct epoll_call call = {epoll, events, count, mask};
    return hook_wait(&(struct wait){attempt_epoll, epoll_call_listens, timeout, &call});
}

EXPORT int epoll_pwait(int epoll, struct epoll_event *events, int count, int timeout, const sigset_t *mask) {
    return wait_epoll(epoll, events, count, timeout < 0 ? -1 : (int64_t)timeout * NS_PER_MS, mask);
}

EXPORT int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout) {
    return epoll_pwait(epoll, events, count, timeout, NULL);
}

EXPORT int epoll_pwait2(int epoll, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *mask) {
    return wait_epoll(epoll, events, count, from_timespec(timeout), mask);
}

/* ---- accept ---- */

/* As a program that blocks in accept waits: for its listener. */
static void wait_for(int fd) {
    struct pollfd listener = {.fd = fd, .events = POLLIN};
    while (wait_poll(&listener, 1, -1, NULL) < 0 && errno == EINTR) continue;
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *size, int flags) {
    struct sockaddr *to = address.__sockaddr__;
    if (hook.mode == STARTING && is_listening(fd) && !is_nonblocking(fd)) wait_for(fd);
    if (hook.mode == MACHINE && machine_is_queue(fd)) {
        if (!is_nonblocking(fd)) wait_for(fd); /* ends the machine when it is over */
        return machine_accept(fd, to, size, flags);
    }
    if (hook.mode == SHARED && shared_is_listener(fd)) return shared_accept(fd, to, size, flags);
    return real()->accept4(fd, to, size, flags);
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *size) {
    return accept4(fd, address, size, 0);
}

/* ---- sockets ---- */

EXPORT int listen(int fd, int backlog) {
    int result = real()->listen(fd, backlog);
    if (result == 0 && hook.mode == STARTING && hook.first_listener == 0) hook.first_listener = inode_of(fd);
    if (result == 0 && hook.mode == SHARED) shared_listens(fd);
    return result;
}

EXPORT int socketpair(int domain, int type, int protocol, int ends[2]) {
    int result = real()->socketpair(domain, type, protocol, ends);
    if (result == 0 && hook.mode == STARTING) descriptors_note_pair(ends[0], ends[1]);
    return result;
}

EXPORT int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *size) {
    struct sockaddr *to = address.__sockaddr__;
    if (hook.mode == MACHINE && descriptors_listener_address(fd, to, size)) return 0;
    if (hook.mode == SHARED && shared_listener_address(fd, to, size)) return 0;
    return real()->getsockname(fd, to, size);
}

/* The client's connection may come through a Unix socket, to which options of TCP mean nothing. */
EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    int result = real()->setsockopt(fd, level, name, value, size);
    bool is_internet = level == IPPROTO_TCP || level == IPPROTO_IP || level == IPPROTO_IPV6;
    return result != 0 && is_internet && hook.mode == MACHINE && machine_is_foreign(fd) ? 0 : result;
}

EXPORT int close(int fd) {
    if (hook.mode == MACHINE) machine_closes(fd);
    int result = real()->close(fd);
    if (hook.mode == SHARED) shared_closed(fd);
    return result;
}

/* ---- the rest ---- */

/* V8 keeps its heap from being forked. Ours has to be. */
EXPORT int madvise(void *at, size_t size, int advice) {
    return advice == MADV_DONTFORK ? 0 : real()->madvise(at, size, advice);
}

/* What pthread_atfork becomes. */
EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object) {
    runtime_note_handlers(prepare, parent, child);
    return real()->atfork(prepare, parent, child, object);
}
