#include "passed.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "real.h"

int passed_receive(int fd, int flags) {
    char word;
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&word, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t n = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    if (n < 0) return -1;
    struct cmsghdr *carried = CMSG_FIRSTHDR(&message);
    if (n == 0 || !carried || carried->cmsg_type != SCM_RIGHTS || carried->cmsg_len != CMSG_LEN(sizeof(int))) {
        errno = ECONNABORTED;
        return -1;
    }
    int connection;
    memcpy(&connection, CMSG_DATA(carried), sizeof connection);
    return connection;
}

bool passed_send(int fd, int connection) {
    char word = 'c';
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&word, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *carried = CMSG_FIRSTHDR(&message);
    *carried = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(carried), &connection, sizeof connection);
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

void passed_set_flags(int connection, int flags) {
    int status = fcntl(connection, F_GETFL), wanted = flags & SOCK_NONBLOCK ? status | O_NONBLOCK : status & ~O_NONBLOCK;
    if (status != wanted) fcntl(connection, F_SETFL, wanted);
    if (!(flags & SOCK_CLOEXEC)) fcntl(connection, F_SETFD, 0);
}

static socklen_t v4(struct sockaddr_storage *to, const struct sockaddr_storage *peer) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    const struct sockaddr_in6 *from6 = (const struct sockaddr_in6 *)peer;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (peer->ss_family == AF_INET) *v4 = *(const struct sockaddr_in *)peer;
    if (peer->ss_family == AF_INET6) {
        v4->sin_port = from6->sin6_port;
        if (IN6_IS_ADDR_V4MAPPED(&from6->sin6_addr)) memcpy(&v4->sin_addr, from6->sin6_addr.s6_addr + 12, 4);
    }
    return sizeof *v4;
}

static socklen_t v6(struct sockaddr_storage *to, const struct sockaddr_storage *peer) {
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    const struct sockaddr_in *from4 = (const struct sockaddr_in *)peer;
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    if (peer->ss_family == AF_INET6) *v6 = *(const struct sockaddr_in6 *)peer;
    if (peer->ss_family == AF_INET) { /* as a listener for both IP versions sees it */
        v6->sin6_port = from4->sin_port;
        v6->sin6_addr = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
        memcpy(v6->sin6_addr.s6_addr + 12, &from4->sin_addr, 4);
    }
    return sizeof *v6;
}

bool passed_present(int connection, int family, struct sockaddr *address, socklen_t *size) {
    struct sockaddr_storage peer = {0}, shown = {0};
    socklen_t whole = sizeof peer;
    if (getpeername(connection, (struct sockaddr *)&peer, &whole) != 0) peer.ss_family = AF_UNSPEC;
    if (family == AF_INET) whole = v4(&shown, &peer);
    else if (family == AF_INET6) whole = v6(&shown, &peer);
    else {
        shown.ss_family = AF_UNIX;
        whole = sizeof shown.ss_family;
    }
    if (address && size) {
        memcpy(address, &shown, *size < whole ? *size : whole);
        *size = whole;
    }
    return peer.ss_family == AF_UNIX && family != AF_UNIX;
}
