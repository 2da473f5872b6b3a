/* What a sandbox really got, feature by feature: filled while it is built, checked against `require`, and written to the
 * file `isolation` for people and for the node (PROTOCOL.md section 8). */
#pragma once
#include <stdbool.h>

enum feature {
    F_USERNS, F_PIDNS, F_MOUNTNS, F_NETNS, F_IPCNS, F_UTSNS, F_PROC, F_IDS, F_CAPS, F_FORK, F_LANDLOCK, F_SECCOMP,
    F_MEMORY, F_PIDS,
    FEATURES
};

struct isolation {
    struct {
        bool applied;
        char detail[64]; /* why not, or how; may be empty */
    } of[FEATURES];
};

/* error: 0 or an errno that is added to the detail. */
void isolation_set(struct isolation *i, enum feature feature, bool applied, const char *detail, int error);

/* The first name in the comma-separated list that is not applied or not known, copied to name; NULL when all are. */
const char *isolation_missing(const struct isolation *i, const char *required, char *name, unsigned long size);

/* One line per feature: name=yes or name=no, then perhaps |detail. False with errno set. */
bool isolation_write(const struct isolation *i, int fd);
