/* See forkbox.h. Runs between fork and the first line of foreign code, inside somebody else's interpreter: no libc. */
#include "forkbox.h"

#include "kernel.h"
#include "rawcall.h"
#include "seccomp_build.h"

enum { CONNECTION_FD = 3, SIGKILL_NUMBER = 9, SIGCHLD_NUMBER = 17, MS_NOSUID_NODEV = 2 | 4, MS_NOEXEC_ = 8 };
#define EXPORT __attribute__((visibility("default")))

/* The compiler may turn loops and struct copies into calls of these two. */
__attribute__((used)) void *memset(void *to, int value, size_t size) {
    for (size_t i = 0; i < size; i++) ((unsigned char *)to)[i] = (unsigned char)value;
    return to;
}
__attribute__((used)) void *memcpy(void *to, const void *from, size_t size) {
    for (size_t i = 0; i < size; i++) ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

EXPORT long forkbox_clone(unsigned long flags) {
    int *tid = 0;
    if (rawcall(SYS_prctl, K_PR_GET_TID_ADDRESS, &tid, 0, 0, 0) != 0) tid = 0;
    flags |= SIGCHLD_NUMBER;
    if (tid) flags |= K_CLONE_CHILD_SETTID | K_CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
    return rawcall(SYS_clone, flags, 0, 0, tid, 0);
#else
    return rawcall(SYS_clone, flags, 0, 0, 0, tid); /* the order of the last two differs */
#endif
}

static long take_connection(int conn_fd) {
    if (conn_fd < 0) return 0; /* the caller keeps its descriptors in order itself */
    if (conn_fd != CONNECTION_FD) {
        long answer = rawcall(SYS_dup3, conn_fd, CONNECTION_FD, 0, 0, 0);
        if (answer < 0) return answer;
    }
    return rawcall(K_NR_close_range, CONNECTION_FD + 1, ~0u, 0, 0, 0);
}

static long mount_private_tmp(unsigned long bytes) {
    char text[64] = "mode=1777,nr_inodes=16384,size=", digits[24];
    unsigned at = 0, count = 0;
    while (text[at]) at++;
    do digits[count++] = (char)('0' + bytes % 10);
    while (bytes /= 10);
    while (count) text[at++] = digits[--count];
    text[at] = 0;
    return rawcall(SYS_mount, "tmp", "/tmp", "tmpfs", MS_NOSUID_NODEV, text);
}

static long drop_capabilities(void) {
    rawcall(SYS_prctl, K_PR_CAP_AMBIENT, K_PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int cap = 0; cap <= K_CAP_LAST; cap++)
        if (rawcall(SYS_prctl, K_PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) break; /* past the last, or we have no SETPCAP */
    struct k_cap_header header = {K_CAPABILITY_VERSION_3, 0};
    struct k_cap_data none[2] = {{0, 0, 0}, {0, 0, 0}};
    return rawcall(SYS_capset, &header, none, 0, 0, 0);
}

static long install_filter(int tail_only) {
    struct seccomp_builder builder; /* 9 KB, once, in the child */
    unsigned length = tail_only ? seccomp_build_tail(&builder) : seccomp_build(&builder, FILTER_FOR_AGENT, 0);
    if (length == 0) return -E2BIG;
    long answer = rawcall(SYS_prctl, K_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (answer < 0) return answer;
    struct k_bpf_program program = {(unsigned short)length, builder.code};
    return rawcall(SYS_seccomp, K_SECCOMP_SET_MODE_FILTER, 0, &program, 0, 0);
}

EXPORT int forkbox_confine(int conn_fd, unsigned options, unsigned long tmp_bytes) {
    enum forkbox_stage stage = FORKBOX_AT_DEATH_SIGNAL;
    long answer = rawcall(SYS_prctl, K_PR_SET_PDEATHSIG, SIGKILL_NUMBER, 0, 0, 0);
#define STEP(wanted, at, call) \
    if (answer >= 0 && (wanted)) answer = (stage = (at), (call))
    STEP(options & FORKBOX_SESSION, FORKBOX_AT_SESSION, rawcall(SYS_setsid, 0, 0, 0, 0, 0));
    STEP(1, FORKBOX_AT_DESCRIPTORS, take_connection(conn_fd));
    STEP(options & FORKBOX_TMP, FORKBOX_AT_TMP, mount_private_tmp(tmp_bytes));
    STEP(options & FORKBOX_PROC, FORKBOX_AT_PROC,
         rawcall(SYS_mount, "proc", "/proc", "proc", MS_NOSUID_NODEV | MS_NOEXEC_, 0));
    STEP(options & FORKBOX_DROP_CAPS, FORKBOX_AT_CAPS, drop_capabilities());
    STEP(options & (FORKBOX_FILTER | FORKBOX_FILTER_TAIL), FORKBOX_AT_FILTER,
         install_filter(!(options & FORKBOX_FILTER)));
#undef STEP
    return answer < 0 ? (int)(answer - (long)stage * 4096) : 0;
}
