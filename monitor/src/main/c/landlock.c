/* A second wall behind the mount namespace, and the only one where namespaces are refused: which paths may be written,
 * no signals and no abstract sockets to the outside. Older kernels know fewer rights; those are not asked for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "sandbox.h"

#define READ (K_LANDLOCK_FS_EXECUTE | K_LANDLOCK_FS_READ_FILE | K_LANDLOCK_FS_READ_DIR)
#define ON_FILES (K_LANDLOCK_FS_EXECUTE | K_LANDLOCK_FS_WRITE_FILE | K_LANDLOCK_FS_READ_FILE | K_LANDLOCK_FS_TRUNCATE | \
                  K_LANDLOCK_FS_IOCTL_DEV)
#define DEVICE_NODES (K_LANDLOCK_FS_MAKE_CHAR | K_LANDLOCK_FS_MAKE_BLOCK)

static uint64_t known_rights(long abi) {
    uint64_t all = K_LANDLOCK_FS_IOCTL_DEV * 2 - 1;
    if (abi < 5) all &= ~K_LANDLOCK_FS_IOCTL_DEV;
    if (abi < 3) all &= ~K_LANDLOCK_FS_TRUNCATE;
    if (abi < 2) all &= ~K_LANDLOCK_FS_REFER;
    return all;
}

static int allow(int ruleset, const char *path, uint64_t rights, bool is_directory) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    struct k_landlock_path_beneath rule = {is_directory ? rights : rights & ON_FILES, fd};
    long answer = syscall(K_NR_landlock_add_rule, ruleset, K_LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = answer == 0 ? 0 : errno;
    close(fd);
    return error;
}

/* With a mount namespace everything that is visible may be read; without, only what the sandbox would have shown. */
static int add_rules(struct sandbox *s, int ruleset, uint64_t all) {
    bool own_root = s->namespaces & K_CLONE_NEWNS;
    uint64_t write = all & ~DEVICE_NODES;
    int error = own_root ? allow(ruleset, "/", READ & all, true) : allow(ruleset, "/proc", READ & all, true);
    for (size_t i = 0; error == 0 && i < s->tree_count; i++) {
        const struct tree *t = &s->trees[i];
        if (own_root && !t->writable) continue;
        error = allow(ruleset, own_root ? t->guest : t->host, t->writable ? write : READ & all, t->is_directory);
    }
    if (error == 0) error = allow(ruleset, own_root ? "/tmp" : "tmp", write, true);
    return error;
}

static int restrict_self(struct sandbox *s) {
    long abi = syscall(K_NR_landlock_create_ruleset, NULL, 0, K_LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) return errno;
    uint64_t all = known_rights(abi);
    struct k_landlock_ruleset wanted = {.handled_access_fs = all};
    if (abi >= 6) wanted.scoped = K_LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | K_LANDLOCK_SCOPE_SIGNAL;
    size_t size = abi >= 6 ? sizeof wanted : abi >= 4 ? offsetof(struct k_landlock_ruleset, scoped)
                                                       : offsetof(struct k_landlock_ruleset, handled_access_net);
    int ruleset = (int)syscall(K_NR_landlock_create_ruleset, &wanted, size, 0);
    if (ruleset < 0) return errno;
    int error = add_rules(s, ruleset, all);
    if (error == 0 && syscall(K_NR_landlock_restrict_self, ruleset, 0) != 0) error = errno;
    close(ruleset);
    return error;
}

void landlock_apply(struct sandbox *s) {
    if (s->got.of[F_FORK].applied) {
        isolation_set(&s->got, F_LANDLOCK, false, "it forbids the mounts of forked machines", 0);
        return;
    }
    int error = restrict_self(s);
    isolation_set(&s->got, F_LANDLOCK, error == 0, "", error);
}
