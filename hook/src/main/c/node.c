#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "hook.h"
#include "real.h"

enum { HELLO_PATIENCE_MS = 1000 }; /* the node writes it right after it connected */

static int listener = -1;

static bool is_ours(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return is_listening(fd) && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

void node_take_listener(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= HOOK_FD + 1) return;
    if (!is_ours(HOOK_FD)) {
        /* not close-on-exec: a script's last command may be the server */
        if (!is_ours(NODE_FD) || dup2(NODE_FD, HOOK_FD) < 0) return;
        real()->close(NODE_FD);
    }
    listener = HOOK_FD;
}

int node_listener(void) {
    return listener;
}

static int carried_by(struct msghdr *message) {
    int fd = -1;
    for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each))
        if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_RIGHTS && each->cmsg_len == CMSG_LEN(sizeof fd))
            memcpy(&fd, CMSG_DATA(each), sizeof fd);
    return fd;
}

static bool read_hello(struct hello *to) {
    unsigned char bytes[HELLO_BYTES];
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct pollfd readable = {.fd = to->fd, .events = POLLIN};
    struct timespec patience = {HELLO_PATIENCE_MS / 1000, 0};
    if (real()->ppoll(&readable, 1, &patience, NULL) <= 0) return false;
    ssize_t n = recvmsg(to->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n <= 0) return false;
    to->carried = carried_by(&message);
    to->kind = bytes[0];
    to->id = 0;
    for (int i = 1; i < HELLO_BYTES; i++) to->id = to->id << 8 | bytes[i];
    bool fits = (to->kind == HELLO_DELIVERY) == (to->carried >= 0);
    if (n == HELLO_BYTES && fits && strchr("CMDOE", (int)to->kind)) return true;
    if (to->carried >= 0) real()->close(to->carried);
    return false;
}

bool node_accept(struct hello *to) {
    to->carried = -1;
    to->fd = real()->accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (to->fd < 0) return false;
    if (read_hello(to)) return true;
    int error = EAGAIN;
    real()->close(to->fd);
    errno = error;
    return false;
}
