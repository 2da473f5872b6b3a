#include "procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "real.h"
#include "text.h"

struct entry { /* linux/dirent.h: struct linux_dirent64 */
    uint64_t ino;
    int64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

bool procfs_numbers(const char *directory, bool (*visit)(unsigned, void *), void *with) {
    _Alignas(struct entry) char names[2048];
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool going = true;
    long bytes = 0;
    while (going && (bytes = syscall(SYS_getdents64, fd, names, sizeof names)) > 0)
        for (long at = 0; going && at < bytes;) {
            const struct entry *each = (const struct entry *)(const void *)(names + at);
            uint64_t number;
            if (text_parse(each->name, INT32_MAX, &number) && (int)number != fd) going = visit((unsigned)number, with);
            at += each->length;
        }
    real()->close(fd);
    return going && bytes == 0;
}

long procfs_read(const char *path, char *to, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t done = 0;
    ssize_t n;
    while (done < size - 1 && (n = read(fd, to + done, size - 1 - done)) > 0) done += (size_t)n;
    real()->close(fd);
    to[done] = 0;
    return (long)done;
}

const char *procfs_path(char *to, size_t size, const char *directory, unsigned number, const char *tail) {
    struct text t = text_in(to, size);
    text_add(&t, directory);
    text_add(&t, "/");
    text_number(&t, number);
    text_add(&t, tail);
    return to;
}

bool procfs_value(const char *text, const char *label, int base, uint64_t *to) {
    const char *at = strstr(text, label);
    if (!at) return false;
    char *end;
    at += strlen(label);
    *to = strtoull(at, &end, base);
    return end != at;
}
