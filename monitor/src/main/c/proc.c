#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* Reads at most size - 1 bytes and ends them with a NUL. -1 with errno. */
static ssize_t read_text(const char *path, char *to, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n;
    do n = read(fd, to, size - 1);
    while (n < 0 && errno == EINTR);
    int error = errno;
    close(fd);
    errno = error;
    to[n < 0 ? 0 : n] = 0;
    return n;
}

bool proc_parse_start(const char *stat, uint64_t *ticks) {
    const char *p = strrchr(stat, ')'); /* ends field 2; the command's name may hold anything but is before it */
    for (int field = 2; p && field < 22; field++) {
        p = strchr(p, ' ');
        if (p) p++;
    }
    if (p == NULL) return false;
    char digits[21];
    size_t n = strspn(p, "0123456789");
    if (n >= sizeof digits) return false;
    memcpy(digits, p, n);
    digits[n] = 0;
    return text_parse(digits, UINT64_MAX, ticks);
}

bool proc_own_start(uint64_t *ticks) {
    char stat[512];
    return read_text("/proc/self/stat", stat, sizeof stat) > 0 && proc_parse_start(stat, ticks);
}

bool proc_boot_id(char to[37]) {
    return read_text("/proc/sys/kernel/random/boot_id", to, 37) == 36;
}

int proc_kill_children(void) {
    char list[1024]; /* more than fits is seen again in the next round of the sweep */
    ssize_t n = read_text("/proc/thread-self/children", list, sizeof list);
    if (n < 0) return -1;
    int count = 0;
    for (char *p = list, *space; (space = strchr(p, ' ')) != NULL; p = space + 1) {
        uint64_t pid;
        *space = 0;
        /* A number here can be nobody else's: our own children keep theirs until we reap them. */
        if (text_parse(p, INT32_MAX, &pid) && pid > 1 && kill((pid_t)pid, SIGKILL) == 0) count++;
    }
    return count;
}
