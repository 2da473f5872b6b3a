/* Process 1 of a sandbox. Our own code, so it keeps what a program could not be trusted with, and reports how the
 * program ended. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct init_plan {
    const char *const *argv; /* NULL-terminated */
    const char *const *env;
    int control;  /* socket to the launcher, which gets the wait status; -1 = none */
    int report;   /* the monitor's error pipe, -1 = stderr */
    int listener; /* -1 = none */
    int passed;   /* -1 = none */
    unsigned machines_max;
    bool own_namespaces; /* accept: each connection in its own pid and mount namespace */
    uint64_t tmp_bytes;  /* accept: size of each machine's /tmp */
};

/* Runs argv as its child, with fd 3 = listener, fd 4 = passed; reaps, forwards signals, ends when it ends. */
_Noreturn void init_reap(const struct init_plan *plan);

/* For each connection accepted on the listener: runs argv with the connection as fd 3. Ends at SIGTERM. */
_Noreturn void init_accept(const struct init_plan *plan);

/* In the calling process: default signals, fd 3 = fd3 (-1: none), nothing else but 0, 1, 2 beyond the next execve.
 * Returns an errno. */
int init_clear(int fd3);

/* init_clear, then fd 4 = passed if that is not -1, then execve with PATH of env. Returns an errno. */
int init_execute(const char *const *argv, const char *const *env, int fd3, int passed);

/* Tells the launcher how the command ended and ends this process. */
_Noreturn void init_end(const struct init_plan *plan, int wait_status);

/* Tells the monitor (errno, stage) through the error pipe. */
void init_report(int report, const char *stage, int error);
