/* The sandbox's own root: a small tmpfs with read-only views of the host's programs, and nothing else of the host.
 * Sources are opened as detached mounts first (the bug to avoid: a tmpfs over /tmp hides a source below /tmp), get
 * their attributes while still detached, and are attached after pivot_root, so that no path or symlink in them can
 * lead to the old root. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "sandbox.h"
#include "text.h"

#define OLD_ROOT "/.old"

static void choose(struct sandbox *s, const char *host, const char *guest, bool writable, bool must_exist) {
    struct stat st;
    if (stat(host, &st) != 0) {
        if (must_exist) sandbox_fail(s, host, errno);
        return;
    }
    if (s->tree_count == SANDBOX_TREES_MAX) sandbox_fail(s, "too many binds", E2BIG);
    s->trees[s->tree_count++] = (struct tree){.host = host,
                                              .guest = guest,
                                              .fd = -1,
                                              .is_directory = S_ISDIR(st.st_mode),
                                              .writable = writable,
                                              .device = S_ISCHR(st.st_mode)};
}

void mounts_choose(struct sandbox *s) {
    /* /bin, /lib and so on are symlinks into /usr nowadays (mounts_enter makes them); directories on older systems */
    static const char *const programs[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
    static const char *const settings[] = {"/etc/ld.so.cache", "/etc/ssl/certs", "/etc/alternatives", "/etc/pki"};
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    struct stat st;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (lstat(programs[i], &st) == 0 && S_ISDIR(st.st_mode)) choose(s, programs[i], programs[i], false, false);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) choose(s, settings[i], settings[i], false, false);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) choose(s, devices[i], devices[i], true, true);
    for (size_t i = 0; i < s->spec->bind_count; i++) {
        const struct spec_bind *bind = &s->spec->binds[i];
        if (strstr(bind->guest, "/..") || bind->guest[1] == 0 || strcmp(bind->guest, "/tmp") == 0)
            sandbox_fail(s, bind->guest, EINVAL);
        choose(s, bind->host, bind->guest, bind->writable, true);
    }
}

static int open_detached(const char *host) {
    return (int)syscall(K_NR_open_tree, AT_FDCWD, host, K_OPEN_TREE_CLONE | K_OPEN_TREE_CLOEXEC | K_AT_RECURSIVE);
}

static void open_all(struct sandbox *s) {
    for (size_t i = 0; i < s->tree_count; i++) {
        struct tree *t = &s->trees[i];
        t->fd = open_detached(t->host);
        if (t->fd < 0) sandbox_fail(s, t->host, errno);
        struct k_mount_attr attr = {.attr_set = K_MOUNT_ATTR_NOSUID};
        if (!t->writable) attr.attr_set |= K_MOUNT_ATTR_RDONLY;
        if (!t->device) attr.attr_set |= K_MOUNT_ATTR_NODEV;
        if (syscall(K_NR_mount_setattr, t->fd, "", K_AT_EMPTY_PATH | K_AT_RECURSIVE, &attr, sizeof attr) != 0)
            sandbox_fail(s, "mount_setattr", errno);
    }
}

void mounts_open(struct sandbox *s) {
    int fd = s->privileged ? open_detached("/") : -1; /* root in a container may lack CAP_SYS_ADMIN */
    s->opens_inside = fd < 0;
    if (fd < 0) return;
    close(fd);
    open_all(s);
}

/* Directories above path and, with is_directory, path itself; else an empty file to mount over. Below an attached
 * read-only tree nothing can be made, but it may be there already: the attach says. */
static void make_place(const char *path, bool is_directory) {
    char part[4096];
    size_t length = strlen(path);
    if (length >= sizeof part) return;
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (path[i] == 0 && !is_directory) {
            int fd = open(part, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0644);
            if (fd >= 0) close(fd);
        } else {
            mkdir(part, 0755);
        }
    }
}

/* Its own /tmp comes first, or would cover it. */
static bool is_in_tmp(const struct tree *t) {
    return strncmp(t->guest, "/tmp/", 5) == 0;
}

static void attach(struct sandbox *s, struct tree *t) {
    make_place(t->guest, t->is_directory);
    if (syscall(K_NR_move_mount, t->fd, "", AT_FDCWD, t->guest, K_MOVE_MOUNT_F_EMPTY_PATH) != 0)
        sandbox_fail(s, t->guest, errno);
    close(t->fd);
    t->fd = -1;
}

/* "/bin" of the host is usually a symlink "usr/bin": the same here. */
static void copy_program_links(void) {
    static const char *const links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char from[32], target[64];
        struct text path = text_in(from, sizeof from);
        text_add(&path, OLD_ROOT "/");
        text_add(&path, links[i]);
        ssize_t n = readlink(from, target, sizeof target - 1);
        if (n <= 0) continue;
        target[n] = 0;
        if (symlink(target, links[i]) != 0) continue;
    }
}

static void mount_proc(struct sandbox *s) {
    if (!(s->namespaces & K_CLONE_NEWPID)) {
        isolation_set(&s->got, F_PROC, false, "no pid namespace", 0);
        return;
    }
    /* Must happen while the old root is attached: in a user namespace the kernel gives a new proc only to those who
     * can see a whole one already. */
    int error = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? 0 : errno;
    isolation_set(&s->got, F_PROC, error == 0, error ? "/proc stays empty" : "", error);
}

bool mounts_possible(void) {
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

void mounts_enter(struct sandbox *s) {
    if (s->opens_inside) open_all(s);
    const char *small = "size=1m,nr_inodes=1k,mode=755";
    if (mount("mayfly", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, small) != 0 || chdir("/tmp") != 0)
        sandbox_fail(s, "new root", errno);
    if (mkdir(&OLD_ROOT[1], 0700) != 0 || syscall(SYS_pivot_root, ".", &OLD_ROOT[1]) != 0 || chdir("/") != 0)
        sandbox_fail(s, "pivot_root", errno);
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mkdir("/etc", 0755);
    mkdir("/tmp", 0755);
    copy_program_links();
    mount_proc(s);
    if (umount2(OLD_ROOT, MNT_DETACH) != 0) sandbox_fail(s, "leave the old root", errno);
    rmdir(OLD_ROOT);
    for (size_t i = 0; i < s->tree_count; i++)
        if (!is_in_tmp(&s->trees[i])) attach(s, &s->trees[i]);
    etc_write(s);

    char options[64];
    struct text t = text_in(options, sizeof options);
    text_add(&t, "mode=1777,nr_inodes=16384,size=");
    text_number(&t, (int64_t)(s->spec->tmp ? s->spec->tmp : SANDBOX_TMP_BYTES));
    if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) sandbox_fail(s, "private /tmp", errno);
    for (size_t i = 0; i < s->tree_count; i++)
        if (is_in_tmp(&s->trees[i])) attach(s, &s->trees[i]);
    struct k_mount_attr read_only = {.attr_set = K_MOUNT_ATTR_RDONLY};
    if (syscall(K_NR_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) != 0)
        sandbox_fail(s, "read-only root", errno);
}
