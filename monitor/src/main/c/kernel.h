/* Linux interfaces that libc headers lack (musl ships no linux headers; an older glibc misses the newer calls).
   Every value is kernel ABI and names the header it comes from. Freestanding: agents/forkbox.c includes it too. */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>

/* asm/unistd.h: numbers above 423 are the same on every architecture. */
#define K_NR_pidfd_send_signal 424
#define K_NR_open_tree 428
#define K_NR_move_mount 429
#define K_NR_pidfd_open 434
#define K_NR_clone3 435
#define K_NR_close_range 436
#define K_NR_mount_setattr 442
#define K_NR_landlock_create_ruleset 444
#define K_NR_landlock_add_rule 445
#define K_NR_landlock_restrict_self 446
#define K_NR_memfd_secret 447
#define K_NR_process_mrelease 448
#define K_NR_futex_waitv 449
#define K_NR_set_mempolicy_home_node 450
#define K_NR_cachestat 451
#define K_NR_fchmodat2 452
#define K_NR_futex_wake 454
#define K_NR_futex_wait 455
#define K_NR_futex_requeue 456
#define K_NR_mseal 462

/* linux/mount.h */
#define K_OPEN_TREE_CLONE 1u
#define K_OPEN_TREE_CLOEXEC 02000000u /* = O_CLOEXEC */
#define K_MOVE_MOUNT_F_EMPTY_PATH 4u
#define K_MOUNT_ATTR_RDONLY 1u
#define K_MOUNT_ATTR_NOSUID 2u
#define K_MOUNT_ATTR_NODEV 4u
struct k_mount_attr {
    uint64_t attr_set, attr_clr, propagation, userns_fd;
};
/* linux/fcntl.h */
#define K_AT_FDCWD (-100)
#define K_AT_EMPTY_PATH 0x1000u
#define K_AT_RECURSIVE 0x8000u
#define K_CLOSE_RANGE_CLOEXEC 4u

/* linux/sched.h */
#define K_CLONE_NEWTIME 0x00000080ull
#define K_CLONE_PIDFD 0x00001000ull
#define K_CLONE_NEWNS 0x00020000ull
#define K_CLONE_CHILD_CLEARTID 0x00200000ull
#define K_CLONE_CHILD_SETTID 0x01000000ull
#define K_CLONE_NEWCGROUP 0x02000000ull
#define K_CLONE_NEWUTS 0x04000000ull
#define K_CLONE_NEWIPC 0x08000000ull
#define K_CLONE_NEWUSER 0x10000000ull
#define K_CLONE_NEWPID 0x20000000ull
#define K_CLONE_NEWNET 0x40000000ull
#define K_CLONE_INTO_CGROUP 0x200000000ull
struct k_clone_args { /* version 2, 88 bytes */
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/* linux/prctl.h */
#define K_PR_SET_PDEATHSIG 1
#define K_PR_GET_SECCOMP 21
#define K_PR_CAPBSET_DROP 24
#define K_PR_SET_NO_NEW_PRIVS 38
#define K_PR_GET_TID_ADDRESS 40
#define K_PR_CAP_AMBIENT 47
#define K_PR_CAP_AMBIENT_RAISE 2
#define K_PR_CAP_AMBIENT_CLEAR_ALL 4

/* linux/capability.h */
#define K_CAPABILITY_VERSION_3 0x20080522u
#define K_CAP_SETPCAP 8
#define K_CAP_SYS_ADMIN 21
#define K_CAP_LAST 63 /* higher than any kernel's: dropping an unknown one only fails */
struct k_cap_header {
    uint32_t version;
    int32_t pid;
};
struct k_cap_data { /* two of them: capabilities 0..31 and 32..63 */
    uint32_t effective, permitted, inheritable;
};

/* linux/landlock.h, up to ABI 7 */
#define K_LANDLOCK_CREATE_RULESET_VERSION 1u
#define K_LANDLOCK_RULE_PATH_BENEATH 1u
struct k_landlock_ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
struct __attribute__((packed)) k_landlock_path_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
};
#define K_LANDLOCK_FS_EXECUTE (1ull << 0)
#define K_LANDLOCK_FS_WRITE_FILE (1ull << 1)
#define K_LANDLOCK_FS_READ_FILE (1ull << 2)
#define K_LANDLOCK_FS_READ_DIR (1ull << 3)
#define K_LANDLOCK_FS_MAKE_CHAR (1ull << 6)
#define K_LANDLOCK_FS_MAKE_BLOCK (1ull << 11)
#define K_LANDLOCK_FS_REFER (1ull << 13)
#define K_LANDLOCK_FS_TRUNCATE (1ull << 14)
#define K_LANDLOCK_FS_IOCTL_DEV (1ull << 15)
#define K_LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define K_LANDLOCK_SCOPE_SIGNAL (1ull << 1)

/* linux/filter.h, linux/bpf_common.h */
struct k_bpf {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};
struct k_bpf_program {
    uint16_t len;
    const struct k_bpf *filter;
};
#define K_BPF_LOAD 0x20u /* BPF_LD|BPF_W|BPF_ABS */
#define K_BPF_JUMP 0x05u /* BPF_JMP|BPF_JA */
#define K_BPF_IF_EQ 0x15u
#define K_BPF_IF_GE 0x35u
#define K_BPF_IF_ANY_BIT 0x45u /* BPF_JMP|BPF_JSET */
#define K_BPF_AND 0x54u /* BPF_ALU|BPF_AND|BPF_K */
#define K_BPF_RETURN 0x06u

/* linux/seccomp.h */
#define K_SECCOMP_SET_MODE_FILTER 1u
#define K_SECCOMP_KILL_PROCESS 0x80000000u
#define K_SECCOMP_ERRNO 0x00050000u
#define K_SECCOMP_ALLOW 0x7fff0000u
struct k_seccomp_data {
    int32_t nr;
    uint32_t arch;
    uint64_t instruction_pointer, args[6];
};

/* linux/audit.h */
#if defined(__x86_64__)
#define K_AUDIT_ARCH 0xc000003eu
#elif defined(__aarch64__)
#define K_AUDIT_ARCH 0xc00000b7u
#else
#error "name the audit architecture of this processor (linux/audit.h)"
#endif

/* asm-generic/ioctls.h */
#define K_TIOCSTI 0x5412u
#define K_TIOCLINUX 0x541cu
#define K_FIONREAD 0x541bu
/* linux/fs.h: _IOWR('f', 16, struct pm_scan_arg) */
#define K_PAGEMAP_SCAN 0xc0606610u
/* linux/kvm.h: KVMIO, the second byte of its ioctls */
#define K_KVM_TYPE 0xae00u
