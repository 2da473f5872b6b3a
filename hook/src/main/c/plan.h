/* The plan that descriptors.c makes of what is open, and renew.c carries out in each machine. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { PLAN_MAX = 1024, WATCHES_MAX = 2048 };

enum thing {
    KEPT,            /* devices, directories: nothing that one machine could change for another */
    QUEUE,           /* the service's listener: becomes the machine's accept queue */
    SILENT_LISTENER, /* another listener: nobody ever connects */
    OUTPUT,
    ERRORS,
    PIPE,
    SOCKET_PAIR,
    EVENTFD,
    TIMER,
    EPOLL,
    FILE_READ,    /* its position must be the machine's own */
    FILE_WRITTEN,
};

struct descriptor {
    int fd, flags; /* F_GETFL */
    enum thing thing;
    bool closes_on_exec;
    int end;       /* of pipes: 0 reads, 1 writes; of pairs: 0 or 1 */
    ino_t ino, object; /* object: equal for both ends */
    struct sockaddr_storage address; /* of listeners */
};

struct watch { /* one registration in an epoll */
    int epoll, fd;
    struct epoll_event event;
};

struct plan {
    unsigned count, watch_count;
    struct descriptor at[PLAN_MAX]; /* sorted by fd */
    struct watch watches[WATCHES_MAX];
};
extern struct plan plan;

const struct descriptor *plan_find(int fd); /* NULL: was not open */

/* epolls.c: adds what an epoll watches to the plan, as its fdinfo tells; false when there is no room. */
bool plan_watches(const struct descriptor *epoll);
/* Whether an epoll watches a listening socket now. */
bool epoll_listens(int epoll);
