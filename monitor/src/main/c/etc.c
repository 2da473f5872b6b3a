/* The few files of /etc and /dev that programs expect. Generated: the host's own /etc holds names, addresses and, for
 * root, secrets. They live in the sandbox's root tmpfs, which becomes read-only afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

static const struct {
    const char *path, *content;
} files[] = {
    {"/etc/passwd", "mayfly:x:1000:1000:mayfly:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"},
    {"/etc/group", "mayfly:x:1000:\nnogroup:x:65534:\n"},
    {"/etc/hosts", "127.0.0.1 localhost mayfly\n::1 localhost\n"},
    {"/etc/hostname", "mayfly\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
};

static const struct {
    const char *path, *target;
} links[] = {
    {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
    {"/dev/shm", "/tmp"}, /* one private place, one limit; a machine with its own /tmp has its own /dev/shm */
    {"/etc/mtab", "/proc/self/mounts"},
};

void etc_write(struct sandbox *s) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int fd = open(files[i].path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (fd < 0 && (errno == EEXIST || errno == EROFS)) continue; /* a bind of the spec is there */
        size_t length = strlen(files[i].content);
        if (fd < 0 || write(fd, files[i].content, length) != (ssize_t)length) sandbox_fail(s, files[i].path, errno);
        close(fd);
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i].target, links[i].path) != 0 && errno != EEXIST && errno != EROFS)
            sandbox_fail(s, links[i].path, errno);
}
