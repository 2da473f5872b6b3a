/* The functions that we stand in front of, as the next library in line has them. */
#pragma once
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

struct real {
    int (*listen)(int, int);
    int (*accept4)(int, struct sockaddr *, socklen_t *, int);
    int (*ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    int (*pselect)(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
    int (*epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
    int (*close)(int);
    int (*socketpair)(int, int, int, int *);
    int (*madvise)(void *, size_t, int);
    int (*getsockname)(int, struct sockaddr *, socklen_t *);
    int (*setsockopt)(int, int, int, const void *, socklen_t);
    int (*atfork)(void (*)(void), void (*)(void), void (*)(void), void *);
};

/* Finds them at the first call: other libraries' constructors may call us before ours runs. */
const struct real *real(void);
