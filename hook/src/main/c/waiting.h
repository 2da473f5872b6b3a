/* Everything that a program can wait by, in one shape: so the waiting point is decided in one place. */
#pragma once
#include "hook.h"

struct wait {
    /* The call itself with another timeout (nanoseconds, -1 = for ever); leaves its results where the program wants them
     * and returns what the program gets. Can be called again when it returned 0. */
    int (*attempt)(struct wait *, int64_t timeout_ns);
    /* Whether it asks for connections of a listening socket. Only called while STARTING. */
    bool (*listens)(struct wait *);
    int64_t timeout_ns; /* the program's own */
    void *call;         /* for these two */
};

/* Instead of attempt: waits as the program asked, unless this is its waiting point. */
int hook_wait(struct wait *wait);
