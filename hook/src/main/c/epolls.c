/* What an epoll watches, as the kernel tells it. So no registration is missed, whatever way it was made. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook.h"
#include "plan.h"
#include "procfs.h"
#include "real.h"

/* linux/fs/eventpoll.c: "tfd: %8d events: %8x data: %16llx pos:%lli ino:%lx sdev:%x" */
static bool parse(char *line, struct watch *to, ino_t *ino) {
    uint64_t fd, events, data, inode;
    if (!procfs_value(line, "tfd:", 10, &fd) || !procfs_value(line, "events:", 16, &events) ||
        !procfs_value(line, "data:", 16, &data) || !procfs_value(line, "ino:", 16, &inode))
        return false;
    to->fd = (int)fd;
    to->event = (struct epoll_event){.events = (uint32_t)events, .data.u64 = data};
    *ino = (ino_t)inode;
    return true;
}

/* Calls visit with each registration whose descriptor still is what was registered. False: cannot be read, or visit said
 * so. */
static bool each(int epoll, bool (*visit)(const struct watch *, void *), void *with) {
    char path[64], text[4096];
    int fd = open(procfs_path(path, sizeof path, "/proc/self/fdinfo", (unsigned)epoll, ""), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t held = 0;
    bool going = true;
    for (ssize_t n; going && (n = read(fd, text + held, sizeof text - 1 - held)) > 0;) {
        held += (size_t)n;
        text[held] = 0;
        char *line = text;
        for (char *end; going && (end = strchr(line, '\n')) != NULL; line = end + 1) {
            struct watch watch = {.epoll = epoll};
            ino_t ino;
            *end = 0;
            if (parse(line, &watch, &ino) && inode_of(watch.fd) == ino) going = visit(&watch, with);
        }
        held -= (size_t)(line - text);
        memmove(text, line, held);
        if (held == sizeof text - 1) going = false; /* no line is that long */
    }
    real()->close(fd);
    return going;
}

static bool add(const struct watch *watch, void *unused) {
    (void)unused;
    if (plan.watch_count == WATCHES_MAX) return false;
    plan.watches[plan.watch_count++] = *watch;
    return true;
}

bool plan_watches(const struct descriptor *epoll) {
    return each(epoll->fd, add, NULL);
}

static bool look(const struct watch *watch, void *found) {
    *(bool *)found = watch->event.events & EPOLLIN && is_listening(watch->fd);
    return !*(bool *)found;
}

bool epoll_listens(int epoll) {
    bool found = false;
    each(epoll, look, &found);
    return found;
}
