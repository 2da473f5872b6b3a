/* Who the sandbox is. On the host it is a user without power: the one who started us, or, when root did, the spec's
 * uid and gid. Inside it is uid 1000. A 1:1 map of root would make it the owner of the host's /etc/shadow. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "caps.h"
#include "kernel.h"
#include "sandbox.h"
#include "text.h"

static void write_file(struct sandbox *s, const char *name, const char *content) {
    char path[64];
    struct text t = text_in(path, sizeof path);
    text_add(&t, "/proc/");
    text_number(&t, s->child);
    text_add(&t, "/");
    text_add(&t, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(content);
    if (fd < 0 || write(fd, content, length) != (ssize_t)length) sandbox_fail(s, name, errno);
    close(fd);
}

bool identity_is_late(const struct sandbox *s) {
    return s->privileged && (s->opens_inside || !(s->namespaces & K_CLONE_NEWUSER));
}

static void write_map(struct sandbox *s, const char *name, unsigned host_id) {
    char line[64];
    struct text t = text_in(line, sizeof line);
    if (identity_is_late(s)) text_add(&t, "0 0 1\n"); /* only until the trees are open */
    text_number(&t, SANDBOX_UID);
    text_add(&t, " ");
    text_number(&t, host_id);
    text_add(&t, " 1\n");
    write_file(s, name, line);
}

void identity_map(struct sandbox *s) {
    if (!(s->namespaces & K_CLONE_NEWUSER)) return;
    if (!s->privileged) write_file(s, "setgroups", "deny"); /* the kernel's condition for an unprivileged gid map */
    write_map(s, "gid_map", s->gid);
    write_map(s, "uid_map", s->uid);
}

static void leave_root(struct sandbox *s) {
    bool mapped = s->namespaces & K_CLONE_NEWUSER;
    gid_t gid = mapped ? SANDBOX_UID : s->gid;
    uid_t uid = mapped ? SANDBOX_UID : s->uid;
    if (mapped && prctl(PR_SET_KEEPCAPS, 1) != 0) sandbox_fail(s, "PR_SET_KEEPCAPS", errno);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        sandbox_fail(s, "leave root", errno);
    int error = mapped ? caps_raise() : 0; /* those of the namespace, until drop_capabilities */
    if (error) sandbox_fail(s, "capset", error);
}

void identity_become(struct sandbox *s) {
    if (s->privileged) leave_root(s);
    bool kept_groups = !s->privileged && getgroups(0, NULL) > 0;
    isolation_set(&s->got, F_IDS, s->uid != 0, kept_groups ? "supplementary groups of the starting user stay" : "", 0);
}
