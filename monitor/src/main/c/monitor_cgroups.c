/* The cgroups of a sandbox. The launcher notes each in the file `cgroups` before it makes it; the monitor removes them,
 * because it is the one that is still there when everything else has ended. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monitor.h"

enum { CGROUPS_FILE_BYTES = 8192, EVENTS_BYTES = 512, REMOVE_TRIES = 50 };

static char lines[CGROUPS_FILE_BYTES + 1]; /* touched only where there are cgroups */

static bool read_lines(void) {
    int fd = open("cgroups", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    ssize_t n = read(fd, lines, CGROUPS_FILE_BYTES);
    close(fd);
    lines[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* The last whole line, cutting it off; NULL when none is left. */
static char *last_line(void) {
    char *end = strrchr(lines, '\n');
    if (end == NULL) return NULL;
    *end = 0;
    char *before = strrchr(lines, '\n');
    return before ? before + 1 : lines;
}

/* The caller has cut the line's newline; this also takes its text away, so that last_line finds the one before. */
static void forget(char *line) {
    *line = 0;
}

static int open_in(const char *dir, const char *name, int flags) {
    int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return -1;
    int fd = openat(at, name, flags | O_CLOEXEC);
    close(at);
    return fd;
}

/* Whether the file (memory.events of v2, memory.oom_control of v1) has a line "oom_kill N" with N > 0. */
static bool counts_oom(const char *dir, const char *name) {
    char text[EVENTS_BYTES + 1];
    int fd = open_in(dir, name, O_RDONLY);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, EVENTS_BYTES);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    for (const char *p = text; (p = strstr(p, "oom_kill ")) != NULL; p++)
        if ((p == text || p[-1] == '\n') && p[9] >= '1' && p[9] <= '9') return true;
    return false;
}

bool cgroups_had_oom(void) {
    if (!read_lines()) return false;
    for (char *dir; (dir = last_line()) != NULL; forget(dir))
        if (counts_oom(dir, "memory.events") || counts_oom(dir, "memory.oom_control")) return true;
    return false;
}

static int remove_one(const char *dir) {
    int fd = open_in(dir, "cgroup.kill", O_WRONLY);
    if (fd >= 0) {
        ssize_t n = write(fd, "1", 1);
        (void)n; /* whether it helped, rmdir tells */
        close(fd);
    }
    for (int i = 0; rmdir(dir) < 0; i++) {
        if (errno == ENOENT) return 0;
        if (errno != EBUSY || i == REMOVE_TRIES) return errno;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* the kernel is still taking dead processes out */
    }
    return 0;
}

int cgroups_remove(void) {
    int first = 0;
    if (!read_lines()) return 0;
    for (char *dir; (dir = last_line()) != NULL; forget(dir)) {
        int error = *dir == '/' ? remove_one(dir) : EINVAL;
        if (first == 0) first = error;
    }
    return first;
}
