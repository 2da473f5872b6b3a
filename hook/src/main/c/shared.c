#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "frames.h"
#include "hook.h"
#include "node.h"
#include "passed.h"
#include "real.h"

enum { WAITING_MAX = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards waiting; no other lock and no wait inside */
static struct {
    uint64_t id;
    int fd;
} waiting[WAITING_MAX]; /* the node's ends of connections that are not delivered yet */
static unsigned waiting_count;

static struct { /* by the number of the client's connection */
    _Atomic int node; /* the node's end + 1; 0: none */
    _Atomic(ino_t) ino;
} served[DESCRIPTORS_MAX];
static _Atomic int served_top;

static ino_t listener_ino; /* of the node's listener, once it is in place */
static struct sockaddr_storage listener_address;
static socklen_t listener_size;

static bool is_wanted(int fd) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (listener_ino != 0 || real()->getsockname(fd, (struct sockaddr *)&at, &size) != 0) return false;
    unsigned port = at.ss_family == AF_INET    ? ntohs(((struct sockaddr_in *)&at)->sin_port)
                    : at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                               : 0;
    if (hook.settings.port && port != hook.settings.port) return false;
    listener_address = at;
    listener_size = size;
    return true;
}

void shared_listens(int fd) {
    if (!is_wanted(fd)) return;
    bool blocks = !is_nonblocking(fd);
    int closes = fcntl(fd, F_GETFD) & FD_CLOEXEC;
    fcntl(fd, F_DUPFD_CLOEXEC, HOOK_FD); /* stays open: the port is the program's */
    if (dup3(node_listener(), fd, closes ? O_CLOEXEC : 0) < 0) return;
    fcntl(fd, F_SETFL, blocks ? 0 : O_NONBLOCK);
    listener_ino = inode_of(fd);
}

bool shared_is_listener(int fd) {
    return listener_ino != 0 && inode_of(fd) == listener_ino;
}

bool shared_listener_address(int fd, struct sockaddr *address, socklen_t *size) {
    if (!shared_is_listener(fd) || !address || !size) return false;
    memcpy(address, &listener_address, *size < listener_size ? *size : listener_size);
    *size = listener_size;
    return true;
}

/* ---- which connection of the node belongs to which client ---- */

static bool await_delivery(const struct hello *hello) {
    pthread_mutex_lock(&lock);
    bool room = waiting_count < WAITING_MAX;
    if (room) {
        waiting[waiting_count].id = hello->id;
        waiting[waiting_count++].fd = hello->fd;
    }
    pthread_mutex_unlock(&lock);
    return room;
}

static int take_waiting(uint64_t id) {
    int fd = -1;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < waiting_count; i++)
        if (waiting[i].id == id) {
            fd = waiting[i].fd;
            waiting[i] = waiting[--waiting_count];
            break;
        }
    pthread_mutex_unlock(&lock);
    return fd;
}

static void finish(int node) {
    frame_send(node, CHANNEL_RESPONSE, "{\"status\":\"ok\",\"json\":false,\"us\":0}", NULL, 0);
    real()->close(node);
}

void shared_closed(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS_MAX) return;
    int node = served[fd].node;
    if (node == 0 || !atomic_compare_exchange_strong(&served[fd].node, &node, 0)) return;
    int saved = errno;
    finish(node - 1);
    errno = saved;
}

/* Closed in a way that does not come by us. */
static void sweep(void) {
    for (int fd = 0; fd <= served_top; fd++)
        if (served[fd].node != 0 && inode_of(fd) != served[fd].ino) shared_closed(fd);
}

static void serve(int node, int connection) {
    frame_send(node, CHANNEL_PING, "", NULL, 0);
    served[connection].ino = inode_of(connection);
    served[connection].node = node + 1;
    if (connection > served_top) served_top = connection;
}

/* ---- accept ---- */

static void take_output(const struct hello *hello) {
    dup2(hello->fd, hello->kind == HELLO_OUTPUT ? STDOUT_FILENO : STDERR_FILENO);
    real()->close(hello->fd);
}

/* The client's connection that a hello carries, -1: none. */
static int take(const struct hello *hello) {
    switch (hello->kind) {
    case HELLO_CONTROL: /* stays open: the node sees our end by it */
        fcntl(hello->fd, F_DUPFD_CLOEXEC, HOOK_FD);
        frame_send(hello->fd, CHANNEL_RESPONSE, "{\"status\":\"ready\"}", NULL, 0);
        real()->close(hello->fd);
        return -1;
    case HELLO_OUTPUT:
    case HELLO_ERRORS: take_output(hello); return -1;
    case HELLO_MACHINE:
        if (!await_delivery(hello)) real()->close(hello->fd);
        return -1;
    case HELLO_DELIVERY: break;
    }
    real()->close(hello->fd);
    int node = take_waiting(hello->id);
    if (node >= 0 && hello->carried < DESCRIPTORS_MAX) {
        serve(node, hello->carried);
        return hello->carried;
    }
    if (node >= 0) real()->close(node);
    real()->close(hello->carried);
    return -1;
}

int shared_accept(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    (void)fd;
    sweep();
    for (;;) {
        struct hello hello;
        if (!node_accept(&hello)) return -1;
        int connection = take(&hello);
        if (connection < 0) continue;
        passed_present(connection, listener_address.ss_family, address, size);
        passed_set_flags(connection, flags);
        return connection;
    }
}
