/* The template's view of the machines that it forked. */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "frames.h"

enum { MACHINES_MAX = 256 };
enum machine_socket { AT_NODE, AT_END, AT_QUEUE, AT_OUT, AT_ERR, SOCKETS };

struct machine {
    uint64_t id;
    pid_t pid;
    int fd[SOCKETS];        /* node's connection, pidfd, our end of its accept queue, its two outputs; -1 = closed */
    bool took, over, killed;
    unsigned held;          /* bytes of output that the node had no room for */
    int held_stream;
    char bytes[FRAME_BYTES_MAX];
};

struct machines {
    unsigned count;
    struct machine *at[MACHINES_MAX];
    struct pollfd poll[2 + MACHINES_MAX * SOCKETS]; /* 0 and 1 are the template's own */
};

/* Fills poll from index 2 on, in the order of `at`. Returns how many entries there are. */
unsigned machines_poll(struct machines *all);

/* Acts on what poll found. */
void machines_act(struct machines *all);

struct machine *machines_find(struct machines *all, uint64_t id);
