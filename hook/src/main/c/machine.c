#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "forkbox.h"
#include "hook.h"
#include "memory.h"
#include "passed.h"
#include "places.h"
#include "procfs.h"
#include "real.h"
#include "text.h"

enum { FAILED_CONFINED = 101, FAILED_DESCRIPTORS = 102, FAILED_MEMORY = 103, FAILED_PLACES = 104, QUEUE_FD = HOOK_FD + 1 };
enum { SLICE_NS = 20 * 1000 * 1000 };

static struct {
    ino_t queue;        /* inode of the accept queue */
    ino_t connection;   /* inode of the connection; 0: not accepted yet */
    int last_seen;      /* a descriptor that was the connection when we looked last */
    bool foreign;
} machine;

static void confine(void) {
    unsigned options = FORKBOX_SESSION | FORKBOX_PROC | FORKBOX_DROP_CAPS | FORKBOX_FILTER_TAIL;
    if (places_renew() != 0) _exit(FAILED_PLACES);
    if (forkbox_confine(-1, options, 0) != 0) _exit(FAILED_CONFINED);
}

_Noreturn void machine_try(void) {
    confine();
    _exit(0);
}

void machine_become(const struct ends *ends) {
    confine();
    if (memory_renew() != 0) _exit(FAILED_MEMORY);
    if (descriptors_renew(ends) != 0) _exit(FAILED_DESCRIPTORS);
    int queue = descriptors_queue();
    /* one of our own: the program may close its listener */
    if (queue < 0 || dup3(queue, QUEUE_FD, O_CLOEXEC) < 0) _exit(FAILED_DESCRIPTORS);
    if (hook.settings.data_bytes) {
        struct rlimit limit = {hook.settings.data_bytes, hook.settings.data_bytes};
        setrlimit(RLIMIT_DATA, &limit); /* raising is refused: then the sandbox's own is stricter */
    }
    hook.mode = MACHINE;
    hook.process = getpid();
    machine.queue = inode_of(QUEUE_FD);
    machine.last_seen = -1;
}

void machine_await(void) {
    struct pollfd arrival = {.fd = QUEUE_FD, .events = POLLIN};
    while (real()->ppoll(&arrival, 1, NULL, NULL) < 0 && errno == EINTR) continue;
    if (arrival.revents & POLLHUP) _exit(0); /* the template is gone */
}

/* ---- the end ---- */

struct hold {
    ino_t ino;
    int besides, found;
};

static bool holds(unsigned fd, void *with) {
    struct hold *hold = with;
    if ((int)fd != hold->besides && inode_of((int)fd) == hold->ino) hold->found = (int)fd;
    return hold->found < 0;
}

/* A descriptor of this process that is the connection, besides one; -1: there is none. */
static int holder_besides(int besides) {
    struct hold hold = {machine.connection, besides, -1};
    procfs_numbers("/proc/self/fd", holds, &hold);
    return hold.found;
}

static bool is_other_alive(unsigned pid, void *found) {
    if ((pid_t)pid == hook.process) return true;
    char path[64], stat[512];
    if (procfs_read(procfs_path(path, sizeof path, "/proc", pid, "/stat"), stat, sizeof stat) <= 0) return true;
    const char *state = strrchr(stat, ')'); /* "pid (name) S ..." */
    *(bool *)found = state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
    return !*(bool *)found;
}

/* Programs that the program started may hold the connection too. */
static bool has_company(void) {
    bool found = false;
    procfs_numbers("/proc", is_other_alive, &found);
    return found;
}

_Noreturn static void end(void) {
    char word = MACHINE_OVER;
    send(QUEUE_FD, &word, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    _exit(0);
}

/* Whether the program has given its connection away or up. */
static bool has_let_go(void) {
    if (machine.connection == 0 || getpid() != hook.process) return false;
    if (inode_of(machine.last_seen) == machine.connection) return false;
    machine.last_seen = holder_besides(-1);
    return machine.last_seen < 0;
}

void machine_closes(int fd) {
    if (machine.connection == 0 || inode_of(fd) != machine.connection || getpid() != hook.process) return;
    int saved = errno;
    if (holder_besides(fd) < 0 && !has_company()) {
        shutdown(fd, SHUT_WR); /* what close would do if the node had no copy */
        end();
    }
    errno = saved;
}

int machine_wait(struct wait *w) {
    if (!has_let_go()) return w->attempt(w, w->timeout_ns);
    int64_t began = monotonic_ns();
    for (;;) { /* the connection is in the hands of programs that this one started: until they end */
        if (!has_company()) end();
        int64_t left = w->timeout_ns < 0 ? SLICE_NS : w->timeout_ns - (monotonic_ns() - began);
        if (left <= 0) return 0;
        int ready = w->attempt(w, left < SLICE_NS ? left : SLICE_NS);
        if (ready != 0) return ready;
    }
}

/* ---- the beginning ---- */

bool machine_is_queue(int fd) {
    return inode_of(fd) == machine.queue;
}

int machine_accept(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    int connection = passed_receive(fd, is_nonblocking(fd) ? MSG_DONTWAIT : 0);
    if (connection < 0) return -1;
    char word = MACHINE_TOOK;
    send(fd, &word, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    machine.connection = inode_of(connection);
    machine.last_seen = connection;
    machine.foreign = passed_present(connection, descriptors_listener_family(fd), address, size);
    passed_set_flags(connection, flags);
    return connection;
}

bool machine_is_foreign(int fd) {
    return machine.foreign && inode_of(fd) == machine.connection;
}
