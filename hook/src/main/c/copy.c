#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "real.h"

enum { DEPTH_MAX = 16, NAMES_BYTES = 2048, PATH_BYTES = 512, PERMISSIONS = 07777 };

/* What is done with each entry, in the order of the directory; an errno stops it all. */
struct walk {
    int (*visit)(struct walk *, int from, int to, const char *name, const struct stat *st);
    struct copy_size size, at_most;
    dev_t device; /* what is on another one is mounted */
};

static int walk(struct walk *w, int from, int to, int depth);

static int enter(struct walk *w, int from, int to, const char *name, int depth) {
    int inner = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int target = to < 0 ? -1 : openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = inner < 0 || (to >= 0 && target < 0) ? errno : walk(w, inner, target, depth + 1);
    if (inner >= 0) real()->close(inner);
    if (target >= 0) real()->close(target);
    return error;
}

static int visit(struct walk *w, int from, int to, const char *name, int depth) {
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return 0;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    int error = w->visit(w, from, to, name, &st);
    if (error == 0 && S_ISDIR(st.st_mode) && st.st_dev == w->device) error = enter(w, from, to, name, depth);
    if (error == 0 && to >= 0 && !S_ISLNK(st.st_mode)) {
        struct timespec times[] = {st.st_atim, st.st_mtim};
        utimensat(to, name, times, 0); /* after what was put into a directory */
    }
    return error;
}

static int walk(struct walk *w, int from, int to, int depth) {
    alignas(struct dirent64) char names[NAMES_BYTES];
    if (depth > DEPTH_MAX) return ELOOP;
    int error = 0;
    ssize_t bytes = 0;
    while (error == 0 && (bytes = getdents64(from, names, sizeof names)) > 0)
        for (ssize_t at = 0; error == 0 && at < bytes;) {
            const struct dirent64 *each = (const struct dirent64 *)(const void *)(names + at);
            error = visit(w, from, to, each->d_name, depth);
            at += each->d_reclen;
        }
    return error == 0 && bytes < 0 ? errno : error;
}

static int begin(struct walk *w, const char *from, const char *to) {
    struct stat st;
    int outer = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), target = to ? open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int error = outer < 0 || (to && target < 0) || fstat(outer, &st) != 0 ? errno : 0;
    if (error == 0) {
        w->device = st.st_dev;
        error = walk(w, outer, target, 0);
    }
    if (outer >= 0) real()->close(outer);
    if (target >= 0) real()->close(target);
    return error;
}

/* ---- measure ---- */

static int add(struct walk *w, int from, int to, const char *name, const struct stat *st) {
    (void)from, (void)to, (void)name;
    w->size.entries++;
    if (S_ISREG(st->st_mode)) w->size.bytes += (uint64_t)st->st_size;
    return w->size.entries > w->at_most.entries || w->size.bytes > w->at_most.bytes ? E2BIG : 0;
}

bool copy_measure(const char *tree, struct copy_size *size, struct copy_size at_most) {
    struct walk w = {.visit = add, .at_most = at_most};
    int error = begin(&w, tree, NULL);
    *size = w.size;
    return error == 0;
}

/* ---- copy ---- */

static int copy_file(int from, int to, const char *name, const struct stat *st) {
    int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out = in < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = out < 0 ? errno : 0;
    for (off_t left = st->st_size; error == 0 && left > 0;) {
        ssize_t n = sendfile(out, in, NULL, (size_t)left);
        if (n <= 0) error = n < 0 ? errno : EIO;
        left -= n > 0 ? n : 0;
    }
    if (error == 0 && fchmod(out, st->st_mode & PERMISSIONS) != 0) error = errno;
    if (in >= 0) real()->close(in);
    if (out >= 0) real()->close(out);
    return error;
}

static int copy_link(int from, int to, const char *name) {
    char target[PATH_BYTES];
    ssize_t n = readlinkat(from, name, target, sizeof target);
    if (n < 0 || n == sizeof target) return n < 0 ? errno : ENAMETOOLONG;
    target[n] = 0;
    return symlinkat(target, to, name) == 0 ? 0 : errno;
}

static int copy(struct walk *w, int from, int to, const char *name, const struct stat *st) {
    (void)w;
    if (S_ISREG(st->st_mode)) return copy_file(from, to, name, st);
    if (S_ISLNK(st->st_mode)) return copy_link(from, to, name);
    if (S_ISDIR(st->st_mode)) {
        if (mkdirat(to, name, 0700) != 0) return errno;
        return fchmodat(to, name, st->st_mode & PERMISSIONS, 0) == 0 ? 0 : errno;
    }
    if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode)) return mknodat(to, name, st->st_mode, 0) == 0 ? 0 : errno;
    return 0;
}

int copy_tree(const char *from, const char *to) {
    struct walk w = {.visit = copy};
    return begin(&w, from, to);
}
