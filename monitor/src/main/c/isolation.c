#include "isolation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static const char *const names[FEATURES] = {
    [F_USERNS] = "userns", [F_PIDNS] = "pidns",       [F_MOUNTNS] = "mountns", [F_NETNS] = "netns",
    [F_IPCNS] = "ipcns",   [F_UTSNS] = "utsns",       [F_PROC] = "proc",       [F_IDS] = "ids",
    [F_CAPS] = "caps",     [F_FORK] = "fork",         [F_LANDLOCK] = "landlock", [F_SECCOMP] = "seccomp",
    [F_MEMORY] = "memory", [F_PIDS] = "pids",
};

void isolation_set(struct isolation *i, enum feature feature, bool applied, const char *detail, int error) {
    struct text t = text_in(i->of[feature].detail, sizeof i->of[feature].detail);
    text_add(&t, detail);
    if (error) {
        text_add(&t, ": ");
        text_add(&t, strerror(error));
    }
    i->of[feature].applied = applied;
}

static bool has(const struct isolation *i, const char *name, size_t length) {
    for (int f = 0; f < FEATURES; f++)
        if (strlen(names[f]) == length && memcmp(names[f], name, length) == 0) return i->of[f].applied;
    return false;
}

const char *isolation_missing(const struct isolation *i, const char *required, char *name, unsigned long size) {
    while (*required) {
        size_t length = strcspn(required, ",");
        if (length > 0 && !has(i, required, length)) {
            struct text t = text_in(name, size);
            text_bytes(&t, required, length);
            return name;
        }
        required += length + (required[length] == ',');
    }
    return NULL;
}

bool isolation_write(const struct isolation *i, int fd) {
    char buffer[FEATURES * 96];
    struct text t = text_in(buffer, sizeof buffer);
    for (int f = 0; f < FEATURES; f++) {
        text_add(&t, names[f]);
        text_add(&t, i->of[f].applied ? "=yes" : "=no");
        if (i->of[f].detail[0]) {
            text_add(&t, "|");
            text_add(&t, i->of[f].detail);
        }
        text_add(&t, "\n");
    }
    ssize_t n = write(fd, buffer, t.len);
    if (n >= 0 && (size_t)n != t.len) errno = ENOSPC;
    return n == (ssize_t)t.len;
}
