/* The file `spec`: what to run and how, written by the node before the spawn (PROTOCOL.md section 2). A sequence of
 * key=value records, each ended by a NUL byte. Strings in the parsed struct point into the file's bytes, so they live
 * until spec_close. Nothing here interprets the host: whether a path exists is for the user of the spec to find out. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPEC_BYTES_MAX = 256 * 1024,
    SPEC_ARGV_MAX = 4096,
    SPEC_ENV_MAX = 4096,
    SPEC_BINDS_MAX = 64,
    SPEC_CGROUPS_MAX = 16,
    SPEC_LISTEN_BYTES_MAX = 100, /* fits sun_path with room for the NUL */
    SPEC_REPORT_BYTES_MAX = 107,
    SPEC_PROBLEM_BYTES = 160,
};

enum spec_sandbox { SANDBOX_NONE, SANDBOX_PROCESS };
enum spec_start { START_AT_ONCE, START_WHEN_ASKED };
enum spec_net { NET_NONE, NET_HOST };
enum spec_caps { CAPS_NONE, CAPS_FORK };
enum spec_init { INIT_REAP, INIT_ACCEPT, INIT_NONE };
enum spec_seccomp { SECCOMP_TASK, SECCOMP_AGENT, SECCOMP_MACHINES };

struct spec_bind {
    const char *host;  /* absolute */
    const char *guest; /* absolute, without ':' */
    bool writable;
};

struct spec {
    const char *argv[SPEC_ARGV_MAX + 1]; /* NULL-terminated, at least one; argv[0] is not empty */
    const char *env[SPEC_ENV_MAX + 1];   /* NULL-terminated; each is NAME=VALUE with a non-empty NAME */
    const char *cwd;                     /* absolute; "/" when absent */
    uint64_t memory;                     /* bytes, 0 = no limit */
    uint64_t timeout_ms;                 /* 0 = none */
    uint64_t grace_ms;                   /* default 5000 */
    uint64_t output_max;                 /* bytes of stdout plus stderr, default 1 GiB, never 0 */
    const char *report;                  /* "" = nobody to report to */
    int sandbox;                         /* enum spec_sandbox */
    int start;                           /* enum spec_start */

    /* Only when sandbox == SANDBOX_PROCESS; a spec that names one of these without it is refused. */
    bool has_ids; /* uid and gid were given */
    uint32_t uid, gid;
    struct spec_bind binds[SPEC_BINDS_MAX]; /* in the order of the file */
    size_t bind_count;
    uint64_t tmp; /* bytes of the private /tmp, 0 = default of the launcher */
    int net;      /* enum spec_net */
    uint64_t pids; /* 0 = no limit */
    int caps;     /* enum spec_caps */
    const char *listen; /* file name in the supervised directory, or NULL */
    const char *pass;   /* device that is opened before ids are dropped and becomes descriptor 4, or NULL */
    int init;           /* enum spec_init */
    int seccomp;        /* enum spec_seccomp */
    const char *cgroups[SPEC_CGROUPS_MAX]; /* absolute */
    size_t cgroup_count;
    const char *require; /* comma-separated feature names, "" = none */

    size_t argv_count, env_count;
    uint64_t seen;                 /* which single-valued keys were given, by their place in the table of spec.c */
    size_t length;                 /* bytes of the file */
    char bytes[SPEC_BYTES_MAX + 1]; /* the file; one more so that an over-long file is noticed */
};

/* Why a spec was refused. errno_ is what the system said (EINVAL for a malformed spec); text names the key. */
struct spec_problem {
    int errno_;
    char text[SPEC_PROBLEM_BYTES];
};

/* Reads and parses the file at path, following no symlink. NULL with *problem filled when it cannot be read or is not
 * a valid spec. The memory is its own mapping: only the pages in use cost anything, and spec_close gives all back. */
struct spec *spec_open(const char *path, struct spec_problem *problem);
void spec_close(struct spec *s);

/* Parses s->bytes[0 .. s->length), the rest of *s being zero. The pure part of spec_open, for tests. */
bool spec_parse(struct spec *s, struct spec_problem *problem);
