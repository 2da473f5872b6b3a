/* The launcher's state while it builds one sandbox, and its steps. sandbox.c is the list of steps in their order; each
 * other file is one step. Steps end the process through sandbox_fail when what they do is not optional, and record
 * optional things in `got`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "isolation.h"
#include "spec.h"

enum {
    SANDBOX_UID = 1000,        /* who the program is, as it sees itself */
    SANDBOX_NOBODY = 65534,    /* started by root without uid=: never as root, whose files are the host's */
    SANDBOX_TREES_MAX = SPEC_BINDS_MAX + 32,
    SANDBOX_CGROUPS_MAX = SPEC_CGROUPS_MAX + 2,
    SANDBOX_FAILED = 125, /* exit status when nothing was executed */
    SANDBOX_TMP_BYTES = 64 * 1024 * 1024,
};

/* A directory or file of the host that will appear in the sandbox, opened before anything covers it. */
struct tree {
    const char *host, *guest;
    int fd; /* detached mount, -1 = not opened */
    bool is_directory, writable, device;
};

struct sandbox {
    struct spec *spec;
    struct isolation got;
    int report;     /* the monitor's pipe for (errno, stage), -1 = write to stderr */
    int control[2]; /* socket pair: [0] the launcher's, [1] the sandbox's process 1 */
    int listener;   /* becomes descriptor 3, -1 = none */
    int passed;     /* becomes descriptor 4, -1 = none */
    int isolation;  /* the file `isolation` */
    bool privileged;    /* started as root */
    bool opens_inside;  /* the trees can only be opened in the sandbox's own mount namespace */
    uid_t uid;       /* who it becomes on the host */
    gid_t gid;
    uint64_t namespaces; /* CLONE_NEW* that it has */
    struct tree trees[SANDBOX_TREES_MAX];
    size_t tree_count;
    char cgroup[SANDBOX_CGROUPS_MAX][512]; /* made for this sandbox, in this order; [0, cgroup_count) */
    size_t cgroup_count;
    int cgroup_v2; /* opened directory for CLONE_INTO_CGROUP, -1 = none */
    pid_t child;   /* process 1 of the sandbox, as the host sees it */
    int child_pidfd;
};

/* Tells the monitor (errno, "sandbox: step") and ends the process. */
_Noreturn void sandbox_fail(struct sandbox *s, const char *step, int error);
/* The same with the stage's full name, for the command's own chdir and execve. */
_Noreturn void sandbox_fail_stage(struct sandbox *s, const char *stage, int error);

/* mounts.c */
void mounts_choose(struct sandbox *s);  /* which host directories appear where */
void mounts_open(struct sandbox *s);    /* opens them as detached mounts; where that is refused sets opens_inside */
bool mounts_possible(void);             /* in the new mount namespace: cuts it off from the host's; or refused */
void mounts_enter(struct sandbox *s);   /* new root with them, old root gone */

/* fallback.c: without a mount namespace guest paths in argv, cwd and env values become host paths; own TMPDIR */
void fallback_enter(struct sandbox *s);

/* etc.c: the generated files below /etc and /dev, in the new root, before it becomes read-only */
void etc_write(struct sandbox *s);

/* identity.c. Before the mounts, so that they are the sandbox's; but after them when only root can make or open them */
bool identity_is_late(const struct sandbox *s);
void identity_map(struct sandbox *s);   /* launcher: writes the child's uid and gid maps */
void identity_become(struct sandbox *s); /* child: leaves root and its groups */

/* limits.c */
void limits_apply(struct sandbox *s);

/* landlock.c; needs no_new_privs */
void landlock_apply(struct sandbox *s);

/* cgroup.c */
void cgroup_make(struct sandbox *s);
void cgroup_join(struct sandbox *s);    /* launcher: puts the child into those that clone3 could not */
void cgroup_remove(struct sandbox *s);  /* only when no monitor does it */

/* launcher.c: the process that stays outside */
void launcher_keep(struct sandbox *s); /* gives back all that it needs no more */
_Noreturn void launcher_wait(struct sandbox *s);
