/* Limits for the whole sandbox, where the host lets us make control groups: below the spec's parents, or, as root, below
 * "mayfly" in our own group. Every path is written to the file `cgroups` before the directory is made, so that whoever
 * cleans up after a kill -9 finds it (PROTOCOL.md section 7). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "sandbox.h"
#include "text.h"

enum { PATH_BYTES = 512 };

/* False with errno set; a file that does not exist is ENOENT. */
static bool put(const char *directory, const char *file, const char *value) {
    char path[PATH_BYTES];
    struct text t = text_in(path, sizeof path);
    text_add(&t, directory);
    text_add(&t, "/");
    text_add(&t, file);
    if (t.cut) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = write(fd, value, strlen(value));
    int error = errno;
    close(fd);
    errno = error;
    return n >= 0;
}

static bool put_number(const char *directory, const char *file, uint64_t value) {
    char digits[24];
    struct text t = text_in(digits, sizeof digits);
    text_number(&t, (int64_t)value);
    return put(directory, file, digits);
}

static bool remember(const char *directory) {
    int fd = open("cgroups", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    size_t length = strlen(directory);
    bool ok = write(fd, directory, length) == (ssize_t)length && write(fd, "\n", 1) == 1;
    close(fd);
    return ok;
}

static void limit(struct sandbox *s, const char *directory) {
    const struct spec *spec = s->spec;
    if (spec->memory) {
        bool v2 = put_number(directory, "memory.max", spec->memory);
        bool v1 = !v2 && put_number(directory, "memory.limit_in_bytes", spec->memory);
        if (v2) put(directory, "memory.swap.max", "0");
        if (v1) put_number(directory, "memory.memsw.limit_in_bytes", spec->memory);
        if (v1 || v2) isolation_set(&s->got, F_MEMORY, true, v2 ? "cgroup v2" : "cgroup v1", 0);
    }
    if (spec->pids && put_number(directory, "pids.max", spec->pids)) isolation_set(&s->got, F_PIDS, true, "cgroup", 0);
}

static void make_below(struct sandbox *s, const char *parent, const char *name) {
    if (s->cgroup_count == SANDBOX_CGROUPS_MAX) return;
    char *directory = s->cgroup[s->cgroup_count];
    struct text t = text_in(directory, sizeof s->cgroup[0]);
    text_add(&t, parent);
    text_add(&t, "/");
    text_add(&t, name);
    if (t.cut || !remember(directory)) return;
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        if (s->spec->memory) isolation_set(&s->got, F_MEMORY, false, "cgroup", errno);
        return;
    }
    s->cgroup_count++;
    limit(s, directory);
    char kill_file[PATH_BYTES + 16];
    struct text v2 = text_in(kill_file, sizeof kill_file);
    text_add(&v2, directory);
    text_add(&v2, "/cgroup.controllers");
    if (s->cgroup_v2 < 0 && access(kill_file, F_OK) == 0)
        s->cgroup_v2 = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* One line of /proc/self/cgroup, "4:memory:/path": our own group, where it has a controller that we want. */
static void make_default(struct sandbox *s, char *line, const char *name) {
    char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) return;
    *path++ = 0;
    controllers++;
    bool v2 = *controllers == 0;
    bool memory = s->spec->memory && strcmp(controllers, "memory") == 0;
    bool pids = s->spec->pids && strcmp(controllers, "pids") == 0;
    if (!memory && !pids && !(v2 && access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)) return;
    char parent[PATH_BYTES];
    struct text t = text_in(parent, sizeof parent);
    text_add(&t, "/sys/fs/cgroup/");
    text_add(&t, controllers);
    if (strcmp(path, "/") != 0) text_add(&t, path);
    if (v2) put(parent, "cgroup.subtree_control", "+memory +pids"); /* works in the root group and in delegated ones */
    text_add(&t, "/mayfly");
    if (t.cut || (mkdir(parent, 0755) != 0 && errno != EEXIST)) return;
    if (v2 && !put(parent, "cgroup.subtree_control", "+memory +pids")) return;
    make_below(s, parent, name);
}

void cgroup_make(struct sandbox *s) {
    char here[4096], own[4096];
    s->cgroup_v2 = -1;
    const char *name = getcwd(here, sizeof here) ? strrchr(here, '/') + 1 : "sandbox";
    for (size_t i = 0; i < s->spec->cgroup_count; i++) make_below(s, s->spec->cgroups[i], name);
    if (s->spec->cgroup_count > 0 || !s->privileged || (!s->spec->memory && !s->spec->pids)) return;
    int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, own, sizeof own - 1);
    if (fd >= 0) close(fd);
    own[n > 0 ? n : 0] = 0;
    for (char *line = own, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = 0;
        make_default(s, line, name);
    }
}

void cgroup_join(struct sandbox *s) {
    for (size_t i = 0; i < s->cgroup_count; i++)
        if (!put_number(s->cgroup[i], "cgroup.procs", (uint64_t)s->child)) sandbox_fail(s, "cgroup.procs", errno);
}

void cgroup_remove(struct sandbox *s) {
    for (size_t i = s->cgroup_count; i-- > 0;) {
        put(s->cgroup[i], "cgroup.kill", "1");
        for (int tries = 0; rmdir(s->cgroup[i]) != 0 && errno == EBUSY && tries < 100; tries++) usleep(10000);
    }
}
