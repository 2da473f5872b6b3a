/* The preload hook: makes an unmodified server the template of its own machines. Loaded into a dynamically linked program
 * (LD_PRELOAD) inside a sandbox, it stands in front of the calls by which a server waits for connections:
 *
 *   STARTING   the program runs as always until it would wait for a connection (waiting.c): that is its waiting point.
 *              What cannot be forked there is refused by name (freeze.c).
 *   TEMPLATE   from then on it never runs again; template.c listens to the node and forks.
 *   MACHINE    a fork: gets one connection through its accept queue, and ends when nobody holds it any more (machine.c).
 *   SHARED     instead of all that: the one process gets every connection (shared.c).
 *   BYSTANDER  any other program that was started with the hook: nothing is changed.
 *
 * PROTOCOL.md says how the node talks to it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum hook_mode { BYSTANDER, STARTING, TEMPLATE, MACHINE, SHARED };

enum {
    NODE_FD = 3,          /* the listening socket that the launcher gave us */
    HOOK_FD = 1000,       /* where it stays, out of the way, also for programs that this one becomes */
    DESCRIPTORS_MAX = 4096, /* the sandbox's RLIMIT_NOFILE */
};

struct settings {
    bool shared;
    bool helpers;        /* idle threads of the runtime may be left behind (Node.js) */
    unsigned port;       /* of the listener that gets the connections; 0: the first that was opened */
    unsigned warmup;     /* requests of ours before the waiting point counts */
    uint64_t tmp_bytes;  /* of each machine's /tmp */
    uint64_t data_bytes; /* RLIMIT_DATA of each machine; 0: as it is */
};

struct hook {
    enum hook_mode mode;
    struct settings settings;
    pid_t process;             /* who is STARTING; a MACHINE; SHARED: who was started */
    ino_t first_listener;      /* of the first listening socket; 0: none yet */
};
extern struct hook hook;

/* settings.c: "port=8000,warmup=2,..."; false when it is anything else. */
bool settings_parse(const char *text, struct settings *to);

/* Inode of a descriptor, 0 when it is not open. Sockets and pipes are told apart by it. */
ino_t inode_of(int fd);
bool is_listening(int fd);
bool is_nonblocking(int fd);
int64_t monotonic_ns(void);
