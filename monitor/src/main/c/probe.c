/* `mayfly-monitor probe`: what this host gives, found by doing each thing in a child that can be lost. One JSON object on
 * stdout (PROTOCOL.md section 8). Nothing is left behind, and no child lives longer than a second. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "roles.h"
#include "seccomp.h"
#include "text.h"

enum { CHILD_SECONDS = 1, JSON_BYTES = 16384, NOT_TRIED = 255, KVM_GET_API_VERSION_ = 0xae00, KVM_API_VERSION_ = 12 };

static int put(const char *path, const char *content) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = write(fd, content, strlen(content)) < 0 ? errno : 0;
    close(fd);
    return error;
}

static int map_self(const char *file, const char *inside, unsigned host) {
    char line[64];
    struct text t = text_in(line, sizeof line);
    text_add(&t, inside);
    text_add(&t, " ");
    text_number(&t, host);
    text_add(&t, " 1");
    return put(file, line);
}

/* ---- tries: each runs in its own child and returns 0 or an errno ---- */

static int enter(int flags) {
    unsigned uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0) return errno;
    put("/proc/self/setgroups", "deny");
    int error = map_self("/proc/self/uid_map", "1000", uid);
    if (error == 0) error = map_self("/proc/self/gid_map", "1000", gid);
    if (error == 0 && flags && unshare(flags) != 0) error = errno;
    return error;
}

static int try_userns(void) { return enter(0); }
static int try_pidns(void) { return enter(CLONE_NEWPID); }
static int try_netns(void) { return enter(CLONE_NEWNET); }
static int try_ipcns(void) { return enter(CLONE_NEWIPC); }
static int try_utsns(void) { return enter(CLONE_NEWUTS); }
static int try_cgroupns(void) { return enter(CLONE_NEWCGROUP); }

static int try_mountns(void) { /* Ubuntu lets the namespace be made, and refuses every mount in it */
    int error = enter(CLONE_NEWNS);
    if (error == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) error = errno;
    return error;
}

static int try_tmpfs(void) {
    int error = try_mountns();
    if (error == 0 && mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0) error = errno;
    return error;
}

static int try_pivot_root(void) {
    int error = try_tmpfs();
    if (error) return error;
    if (chdir("/tmp") != 0 || mkdir("old", 0700) != 0 || syscall(SYS_pivot_root, ".", "old") != 0) return errno;
    return 0;
}

static int try_open_tree(void) {
    int error = try_mountns();
    if (error == 0 && syscall(K_NR_open_tree, AT_FDCWD, "/usr", K_OPEN_TREE_CLONE | K_AT_RECURSIVE) < 0) error = errno;
    return error;
}

static int try_proc(void) {
    int error = enter(CLONE_NEWNS | CLONE_NEWPID), status;
    if (error) return error;
    pid_t child = fork();
    if (child == 0) _exit(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? 0 : errno);
    if (child < 0 || waitpid(child, &status, 0) < 0) return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

static int try_seccomp(void) { return seccomp_install(FILTER_FOR_AGENT, 0); }

static int try_landlock(void) {
    return syscall(K_NR_landlock_create_ruleset, NULL, 0, K_LANDLOCK_CREATE_RULESET_VERSION) < 0 ? errno : 0;
}

static int try_pidfd(void) { return syscall(K_NR_pidfd_open, getpid(), 0) < 0 ? errno : 0; }
static int try_close_range(void) { return syscall(K_NR_close_range, 100, ~0u, 0) != 0 ? errno : 0; }

static int try_tid_address(void) {
    int *address;
    return prctl(K_PR_GET_TID_ADDRESS, &address, 0, 0, 0) != 0 ? errno : 0;
}

static int try_kvm(void) {
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd < 0) return errno;
    return ioctl(fd, KVM_GET_API_VERSION_, 0) == KVM_API_VERSION_ ? 0 : EPROTO;
}

/* Our own group below `base`: can a child be made there, with this file in it? */
static int try_cgroup(const char *base, const char *controller, const char *file) {
    char own[4096], path[4608];
    int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, own, sizeof own - 1);
    if (n <= 0) return ENOENT;
    own[n] = 0;
    for (char *line = own, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = 0;
        char *name = strchr(line, ':'), *group = name ? strchr(name + 1, ':') : NULL;
        if (!group) continue;
        *group++ = 0;
        if (strcmp(name + 1, controller) != 0) continue;
        struct text t = text_in(path, sizeof path);
        text_add(&t, base);
        if (strcmp(group, "/") != 0) text_add(&t, group);
        text_add(&t, "/mayfly-probe-");
        text_number(&t, getpid());
        if (mkdir(path, 0755) != 0) return errno;
        size_t length = t.len;
        text_add(&t, "/");
        text_add(&t, file);
        int error = access(path, W_OK) == 0 ? 0 : errno;
        path[length] = 0;
        rmdir(path);
        return error;
    }
    return ENOENT;
}

static const char *v2_base(void) {
    return access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
}
static int try_v1_memory(void) { return try_cgroup("/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes"); }
static int try_v1_pids(void) { return try_cgroup("/sys/fs/cgroup/pids", "pids", "pids.max"); }
static int try_v2(void) { return try_cgroup(v2_base(), "", "cgroup.procs"); }
static int try_v2_memory(void) { return try_cgroup(v2_base(), "", "memory.max"); }
static int try_v2_pids(void) { return try_cgroup(v2_base(), "", "pids.max"); }

#define ALLOW_NAMESPACES \
    "allow user namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1 or (Ubuntu) " \
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container --security-opt seccomp=unconfined"
#define UNMASK_PROC "in a container: --security-opt systempaths=unconfined"
#define NEWER_KERNEL "a newer kernel"
#define DELEGATE "start as root, or under systemd with Delegate=yes"

static const struct check {
    const char *name;
    int (*try)(void);
    const char *remedy;
} checks[] = {
    {"userns", try_userns, ALLOW_NAMESPACES},
    {"pidns", try_pidns, ALLOW_NAMESPACES},
    {"mountns", try_mountns, ALLOW_NAMESPACES},
    {"netns", try_netns, ALLOW_NAMESPACES},
    {"ipcns", try_ipcns, ALLOW_NAMESPACES},
    {"utsns", try_utsns, ALLOW_NAMESPACES},
    {"cgroupns", try_cgroupns, ALLOW_NAMESPACES},
    {"tmpfs", try_tmpfs, ALLOW_NAMESPACES},
    {"proc", try_proc, UNMASK_PROC},
    {"pivot_root", try_pivot_root, ALLOW_NAMESPACES},
    {"open_tree", try_open_tree, "a kernel of 5.12 or newer, or " ALLOW_NAMESPACES},
    {"seccomp", try_seccomp, "a kernel with CONFIG_SECCOMP_FILTER"},
    {"landlock", try_landlock, "a kernel of 5.13 or newer, with landlock in its lsm= list"},
    {"pidfd", try_pidfd, NEWER_KERNEL},
    {"close_range", try_close_range, NEWER_KERNEL},
    {"tid_address", try_tid_address, "a kernel with CONFIG_CHECKPOINT_RESTORE"},
    {"cgroup_v1_memory", try_v1_memory, DELEGATE},
    {"cgroup_v1_pids", try_v1_pids, DELEGATE},
    {"cgroup_v2", try_v2, DELEGATE},
    {"cgroup_v2_memory", try_v2_memory, DELEGATE},
    {"cgroup_v2_pids", try_v2_pids, DELEGATE},
    {"kvm", try_kvm, "hardware virtualisation, and read and write access to /dev/kvm (group kvm)"},
};

static int outcome(const struct check *check) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(check->try());
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return NOT_TRIED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ETIMEDOUT;
}

static void add_feature(struct text *t, const char *name, bool available, const char *detail, const char *remedy) {
    if (t->at[t->len - 1] != '{') text_add(t, ",");
    text_quoted(t, name);
    text_add(t, available ? ":{\"available\":true,\"detail\":" : ":{\"available\":false,\"detail\":");
    text_quoted(t, detail);
    text_add(t, ",\"remedy\":");
    text_quoted(t, available ? "" : remedy);
    text_add(t, "}");
}

static void add_number(struct text *t, const char *name, int64_t number) {
    text_add(t, ",");
    text_quoted(t, name);
    text_add(t, ":");
    text_number(t, number);
}

static void add_limits(struct text *t) {
    char pid_max[32] = "";
    uint64_t pids = 0;
    int fd = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, pid_max, sizeof pid_max - 1);
    if (fd >= 0) close(fd);
    if (n > 1) pid_max[n - 1] = 0;
    if (text_parse(pid_max, UINT32_MAX, &pids)) add_number(t, "pid_max", (int64_t)pids);
    struct rlimit files, processes;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) add_number(t, "files_max", (int64_t)files.rlim_max);
    if (getrlimit(RLIMIT_NPROC, &processes) == 0 && processes.rlim_max != RLIM_INFINITY)
        add_number(t, "processes_max", (int64_t)processes.rlim_max);
    add_number(t, "landlock_abi", syscall(K_NR_landlock_create_ruleset, NULL, 0, K_LANDLOCK_CREATE_RULESET_VERSION));
}

int probe_main(int argc, char **argv) {
    static char json[JSON_BYTES];
    struct text t = text_in(json, sizeof json);
    struct utsname host;
    signal(SIGCHLD, SIG_DFL);
    text_add(&t, "{\"v\":1,\"kernel\":");
    text_quoted(&t, uname(&host) == 0 ? host.release : "");
    add_number(&t, "uid", geteuid());
    add_limits(&t);
    text_add(&t, ",\"features\":{");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int error = outcome(&checks[i]);
        add_feature(&t, checks[i].name, error == 0, error ? strerror(error) : "", checks[i].remedy);
    }
    text_add(&t, "}}\n");
    return write(STDOUT_FILENO, json, t.len) == (ssize_t)t.len ? 0 : 1;
}
