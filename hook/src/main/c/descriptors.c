#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook.h"
#include "plan.h"
#include "procfs.h"
#include "real.h"
#include "text.h"

enum { PAIRS_MAX = 256 };

struct plan plan;
static struct {
    ino_t ino[2];
} pairs[PAIRS_MAX];
static _Atomic unsigned pair_count;
static struct {
    dev_t dev;
    ino_t ino;
} output[2]; /* standard output and error */

void descriptors_note_pair(int first, int second) {
    unsigned at = pair_count++;
    if (at >= PAIRS_MAX) return; /* found at the waiting point, and refused there */
    pairs[at].ino[0] = inode_of(first);
    pairs[at].ino[1] = inode_of(second);
}

void descriptors_note_output(void) {
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (fstat(i + 1, &st) == 0) {
            output[i].dev = st.st_dev;
            output[i].ino = st.st_ino;
        }
}

/* ---- which listener ---- */

struct choice {
    int fd;
    bool exact;
};

static unsigned port_of(int fd) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (real()->getsockname(fd, (struct sockaddr *)&at, &size) != 0) return 0;
    if (at.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&at)->sin_port);
    if (at.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
    return 0;
}

static bool consider(unsigned number, void *with) {
    struct choice *choice = with;
    int fd = (int)number;
    if (fd >= HOOK_FD || !is_listening(fd)) return true;
    bool exact = hook.settings.port ? port_of(fd) == hook.settings.port : inode_of(fd) == hook.first_listener;
    if (hook.settings.port && !exact) return true;
    if (choice->fd < 0 || exact) *choice = (struct choice){fd, exact};
    return !exact;
}

int chosen_listener(void) {
    struct choice choice = {-1, false};
    procfs_numbers("/proc/self/fd", consider, &choice);
    return choice.fd;
}

/* ---- the look ---- */

struct look {
    bool fine;
    char *problem;
    size_t size;
    ino_t queue;
};

static bool refuse(struct look *look, int fd, const char *what) {
    struct text t = text_in(look->problem, look->size);
    text_add(&t, "descriptor ");
    text_number(&t, fd);
    text_add(&t, " is ");
    text_add(&t, what);
    return look->fine = false;
}

static bool is_pair(struct descriptor *d) {
    unsigned count = pair_count < PAIRS_MAX ? pair_count : PAIRS_MAX;
    for (unsigned i = 0; i < count; i++)
        for (int end = 0; end < 2; end++)
            if (pairs[i].ino[end] == d->ino) {
                d->object = pairs[i].ino[0];
                d->end = end;
                return true;
            }
    return false;
}

static bool look_at_socket(struct look *look, struct descriptor *d) {
    socklen_t size = sizeof d->address;
    if (is_listening(d->fd)) {
        d->thing = d->ino == look->queue ? QUEUE : SILENT_LISTENER;
        real()->getsockname(d->fd, (struct sockaddr *)&d->address, &size);
        return true;
    }
    d->thing = SOCKET_PAIR;
    return is_pair(d) || refuse(look, d->fd, "an open connection or another socket, which machines would share");
}

/* Whatever it was, a file or a pipe: machines have their own. */
static bool is_output(struct descriptor *d, const struct stat *st) {
    for (int i = 0; i < 2; i++)
        if (output[i].ino == st->st_ino && output[i].dev == st->st_dev) {
            d->thing = i == 0 ? OUTPUT : ERRORS;
            return true;
        }
    return false;
}

static bool look_at_file(struct look *look, struct descriptor *d, const struct stat *st) {
    if ((d->flags & O_ACCMODE) == O_RDONLY) {
        d->thing = FILE_READ;
        return true;
    }
    d->thing = FILE_WRITTEN;
    return st->st_nlink > 0 || refuse(look, d->fd, "a file without a name, which machines would share");
}

/* Objects without an inode of their own are told by what /proc calls them. */
static bool look_at_anonymous(struct descriptor *d) {
    static const struct {
        const char *name;
        enum thing thing;
    } names[] = {{"anon_inode:[eventpoll]", EPOLL}, {"anon_inode:[eventfd]", EVENTFD}, {"anon_inode:[timerfd]", TIMER}};
    char path[64], target[64];
    ssize_t n = readlink(procfs_path(path, sizeof path, "/proc/self/fd", (unsigned)d->fd, ""), target, sizeof target - 1);
    target[n > 0 ? n : 0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(target, names[i].name) == 0) d->thing = names[i].thing;
    return true;
}

static bool look_at(unsigned number, void *with) {
    struct look *look = with;
    struct stat st;
    int fd = (int)number;
    if (fd >= HOOK_FD || fstat(fd, &st) != 0) return true;
    if (plan.count == PLAN_MAX) return refuse(look, fd, "one too many");
    struct descriptor *d = &plan.at[plan.count++];
    *d = (struct descriptor){.fd = fd, .thing = KEPT, .ino = st.st_ino, .object = st.st_ino};
    d->flags = fcntl(fd, F_GETFL);
    d->closes_on_exec = fcntl(fd, F_GETFD) & FD_CLOEXEC;
    if (d->flags & O_PATH || is_output(d, &st)) return true;
    if (S_ISSOCK(st.st_mode)) return look_at_socket(look, d);
    if (S_ISREG(st.st_mode)) return look_at_file(look, d, &st);
    if (S_ISFIFO(st.st_mode)) {
        d->thing = PIPE;
        d->end = (d->flags & O_ACCMODE) == O_WRONLY;
        return true;
    }
    return (st.st_mode & S_IFMT) == 0 ? look_at_anonymous(d) : true;
}

static int by_number(const struct descriptor *a, const struct descriptor *b) {
    return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static void sort(void) {
    for (unsigned i = 1; i < plan.count; i++) {
        struct descriptor d = plan.at[i];
        unsigned to = i;
        for (; to > 0 && by_number(&plan.at[to - 1], &d) > 0; to--) plan.at[to] = plan.at[to - 1];
        plan.at[to] = d;
    }
}

bool descriptors_plan(char *problem, size_t size) {
    int chosen = chosen_listener();
    struct look look = {.fine = true, .problem = problem, .size = size, .queue = chosen < 0 ? 0 : inode_of(chosen)};
    plan.count = plan.watch_count = 0;
    if (!procfs_numbers("/proc/self/fd", look_at, &look)) {
        if (look.fine) text_in(problem, size).at[0] = 0;
        return false;
    }
    sort();
    for (unsigned i = 0; look.fine && i < plan.count; i++)
        if (plan.at[i].thing == EPOLL && !plan_watches(&plan.at[i])) return refuse(&look, plan.at[i].fd, "an epoll with too much in it");
    return look.fine;
}

const struct descriptor *plan_find(int fd) {
    for (unsigned i = 0; i < plan.count; i++)
        if (plan.at[i].fd == fd) return &plan.at[i];
    return NULL;
}

int descriptors_queue(void) {
    for (unsigned i = 0; i < plan.count; i++)
        if (plan.at[i].thing == QUEUE) return plan.at[i].fd;
    return -1;
}

/* By its inode a duplicate would be found too, but the machine's ends are other sockets: by number, then. */
static const struct descriptor *listener(int fd) {
    const struct descriptor *d = plan_find(fd);
    return d && (d->thing == QUEUE || d->thing == SILENT_LISTENER) ? d : NULL;
}

bool descriptors_listener_address(int fd, struct sockaddr *address, socklen_t *size) {
    const struct descriptor *d = listener(fd);
    if (!d || !address || !size) return false;
    socklen_t whole = d->address.ss_family == AF_INET    ? sizeof(struct sockaddr_in)
                      : d->address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                         : sizeof(sa_family_t);
    memcpy(address, &d->address, *size < whole ? *size : whole);
    *size = whole;
    return true;
}

int descriptors_listener_family(int fd) {
    const struct descriptor *d = listener(fd);
    return d ? d->address.ss_family : 0;
}
