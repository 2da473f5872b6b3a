/* Carries out the plan in a fresh machine. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "descriptors.h"
#include "hook.h"
#include "kernel.h"
#include "plan.h"
#include "procfs.h"
#include "real.h"

enum { STATUS_FLAGS = O_NONBLOCK | O_APPEND };

/* Puts ours in the place of the program's, with its flags. Ours is closed when owned. 0 or an errno. */
static int put(const struct descriptor *d, int ours, bool owned) {
    if (ours < 0) return errno;
    int error = 0;
    if (dup3(ours, d->fd, d->closes_on_exec ? O_CLOEXEC : 0) < 0) error = errno;
    else if ((d->flags & STATUS_FLAGS) != (fcntl(d->fd, F_GETFL) & STATUS_FLAGS)) fcntl(d->fd, F_SETFL, d->flags & STATUS_FLAGS);
    if (owned) real()->close(ours);
    return error;
}

static const struct descriptor *partner(const struct descriptor *d) {
    for (unsigned i = 0; i < plan.count; i++) {
        const struct descriptor *other = &plan.at[i];
        if (other->thing == d->thing && other->object == d->object && other->end != d->end) return other;
    }
    return NULL;
}

static bool is_first_of_object(const struct descriptor *d) {
    for (const struct descriptor *other = plan.at; other < d; other++)
        if (other->thing == d->thing && other->object == d->object) return false;
    return true;
}

/* What was written and not read yet is in the new object too: libuv keeps a lock's token in a pipe. */
static void copy_queued(const struct descriptor *d, int old_end, int new_end) {
    int queued = 0;
    if (ioctl(old_end, FIONREAD, &queued) != 0 || queued <= 0) return;
    if (d->thing == PIPE) {
        if (tee(old_end, new_end, (size_t)queued, SPLICE_F_NONBLOCK) < 0) return;
        return;
    }
    char bytes[4096];
    ssize_t n = recv(old_end, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0 && send(new_end, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
}

/* A pipe or a pair of sockets, all its descriptors at once. One whose other end is not here was nobody's, and stays. */
static int renew_pair(const struct descriptor *d) {
    const struct descriptor *other = partner(d);
    if (!is_first_of_object(d) || !other) return 0;
    int made[2], type = SOCK_STREAM;
    socklen_t size = sizeof type;
    if (d->thing == SOCKET_PAIR) getsockopt(d->fd, SOL_SOCKET, SO_TYPE, &type, &size);
    if ((d->thing == PIPE ? pipe2(made, O_CLOEXEC) : real()->socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, made)) != 0) return errno;
    const struct descriptor *end[2] = {d->end == 0 ? d : other, d->end == 0 ? other : d};
    copy_queued(d, end[0]->fd, made[1]); /* the pipe's reading end; what waits at end 0 of a pair was sent by end 1 */
    if (d->thing == SOCKET_PAIR) copy_queued(d, end[1]->fd, made[0]);
    int error = 0;
    for (unsigned i = 0; i < plan.count && error == 0; i++)
        if (plan.at[i].thing == d->thing && plan.at[i].object == d->object) error = put(&plan.at[i], made[plan.at[i].end], false);
    real()->close(made[0]);
    real()->close(made[1]);
    return error;
}

static int renew_eventfd(const struct descriptor *d) {
    char path[64], info[512];
    uint64_t count = 0, semaphore = 0;
    procfs_read(procfs_path(path, sizeof path, "/proc/self/fdinfo", (unsigned)d->fd, ""), info, sizeof info);
    procfs_value(info, "eventfd-count:", 16, &count);
    procfs_value(info, "eventfd-semaphore:", 10, &semaphore);
    return put(d, eventfd((unsigned)count, EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : 0)), true);
}

static int renew_timer(const struct descriptor *d) {
    char path[64], info[512];
    uint64_t clock = CLOCK_MONOTONIC;
    struct itimerspec left;
    procfs_read(procfs_path(path, sizeof path, "/proc/self/fdinfo", (unsigned)d->fd, ""), info, sizeof info);
    procfs_value(info, "clockid:", 10, &clock);
    int fd = timerfd_create((clockid_t)clock, TFD_CLOEXEC);
    if (fd >= 0 && timerfd_gettime(d->fd, &left) == 0) timerfd_settime(fd, 0, &left, NULL);
    return put(d, fd, true);
}

/* A description of its own for the same file, at the same position. */
static int renew_file(const struct descriptor *d) {
    char path[64], name[4096];
    procfs_path(path, sizeof path, "/proc/self/fd", (unsigned)d->fd, "");
    if (d->thing == FILE_WRITTEN) { /* by its name: /tmp is another one now */
        ssize_t n = readlink(path, name, sizeof name - 1);
        if (n <= 0) return errno;
        name[n] = 0;
    }
    int fd = open(d->thing == FILE_WRITTEN ? name : path, (d->flags & (O_ACCMODE | STATUS_FLAGS)) | O_CLOEXEC);
    if (fd < 0) return d->thing == FILE_READ ? 0 : errno; /* only the position would be shared */
    lseek(fd, lseek(d->fd, 0, SEEK_CUR), SEEK_SET);
    return put(d, fd, true);
}

static int renew(const struct descriptor *d, const struct ends *ends, int silent) {
    switch (d->thing) {
    case KEPT: return 0;
    case QUEUE: return put(d, ends->queue, false);
    case SILENT_LISTENER: return put(d, silent, false);
    case OUTPUT: return put(d, ends->out, false);
    case ERRORS: return put(d, ends->err, false);
    case PIPE:
    case SOCKET_PAIR: return renew_pair(d);
    case EVENTFD: return renew_eventfd(d);
    case TIMER: return renew_timer(d);
    case EPOLL: return put(d, epoll_create1(EPOLL_CLOEXEC), true);
    case FILE_READ:
    case FILE_WRITTEN: return renew_file(d);
    }
    return 0;
}

static int watch_again(void) {
    for (unsigned i = 0; i < plan.watch_count; i++) {
        struct watch *w = &plan.watches[i];
        if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd, &w->event) != 0 && errno != EEXIST) return errno;
    }
    return 0;
}

static void close_from_to(unsigned first, unsigned end) {
    if (first < end) syscall(K_NR_close_range, first, end - 1, 0);
}

/* Everything that is not the program's: the node's sockets, and other machines' ends. */
static void close_rest(bool silent_peer_stays) {
    unsigned next = 0;
    for (unsigned i = 0; i < plan.count; i++) {
        close_from_to(next, (unsigned)plan.at[i].fd);
        next = (unsigned)plan.at[i].fd + 1;
    }
    close_from_to(next, HOOK_FD);
    close_from_to(silent_peer_stays ? HOOK_FD + 1 : HOOK_FD, ~0u);
}

int descriptors_renew(const struct ends *ends) {
    int silent[2] = {-1, -1}, error = 0;
    bool wanted = false;
    for (unsigned i = 0; i < plan.count; i++) wanted |= plan.at[i].thing == SILENT_LISTENER;
    /* its other end stays open for ever: a listener that would hang up is none */
    if (wanted && (real()->socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, silent) != 0 || dup3(silent[1], HOOK_FD, O_CLOEXEC) < 0))
        return errno;
    for (unsigned i = 0; i < plan.count && error == 0; i++) error = renew(&plan.at[i], ends, silent[0]);
    if (error == 0) error = watch_again();
    if (error == 0) close_rest(wanted);
    return error;
}
