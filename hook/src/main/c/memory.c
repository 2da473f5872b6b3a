#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "real.h"

enum { SHARED_MAX = 64 };
#define BYTES_MAX ((size_t)64 << 20)

static struct {
    void *at;
    size_t bytes;
    int protection;
} shared[SHARED_MAX];
static unsigned count;

/* /proc/self/maps: "start-end rw-s offset dev inode   name". What a file with a name gives is meant to be shared. */
static bool note(const char *line, size_t *bytes) {
    char *at;
    uintptr_t start = strtoull(line, &at, 16), end = strtoull(at + 1, &at, 16);
    if (at[4] != 's' || at[2] != 'w') return true;
    const char *name = strchr(line, '/');
    if (name && !strstr(name, " (deleted)") && strncmp(name, "/tmp/", 5) != 0 && strncmp(name, "/dev/shm/", 9) != 0) return true;
    *bytes += end - start;
    if (count == SHARED_MAX || *bytes > BYTES_MAX) return false;
    shared[count].at = (void *)start;
    shared[count].bytes = end - start;
    shared[count].protection = (at[1] == 'r' ? PROT_READ : 0) | PROT_WRITE | (at[3] == 'x' ? PROT_EXEC : 0);
    count++;
    return true;
}

bool memory_plan(void) {
    char text[8192];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t held = 0, bytes = 0;
    bool fine = true;
    count = 0;
    for (ssize_t n; fine && (n = read(fd, text + held, sizeof text - 1 - held)) > 0;) {
        held += (size_t)n;
        text[held] = 0;
        char *line = text;
        for (char *end; fine && (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = 0;
            fine = note(line, &bytes);
        }
        held -= (size_t)(line - text);
        memmove(text, line, held);
        if (held == sizeof text - 1) fine = false; /* a path that long has no place in a sandbox */
    }
    real()->close(fd);
    return fine;
}

int memory_renew(void) {
    for (unsigned i = 0; i < count; i++) {
        void *copy = mmap(NULL, shared[i].bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (copy == MAP_FAILED) return errno;
        if (shared[i].protection & PROT_READ) memcpy(copy, shared[i].at, shared[i].bytes);
        if (shared[i].protection != (PROT_READ | PROT_WRITE) && mprotect(copy, shared[i].bytes, shared[i].protection) != 0) return errno;
        if (mremap(copy, shared[i].bytes, shared[i].bytes, MREMAP_MAYMOVE | MREMAP_FIXED, shared[i].at) == MAP_FAILED) return errno;
    }
    return 0;
}
