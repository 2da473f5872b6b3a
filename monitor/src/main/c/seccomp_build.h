/* Turns the table of seccomp_list.h into a classic BPF program: a binary search over ranges of equal rules, so that
   attaching and running it stays cheap. Freestanding and without state. */
#pragma once

#include <errno.h>
#include <stddef.h>

#include "seccomp_list.h"

#define SECCOMP_PROGRAM_MAX 1024 /* instructions; the kernel allows 4096, we use about 500 */

struct seccomp_builder {
    struct k_bpf code[SECCOMP_PROGRAM_MAX];
    unsigned length, options;
    unsigned char rule[SECCOMP_NUMBERS];
};

#define SECCOMP_FIELD(field) ((uint32_t)offsetof(struct k_seccomp_data, field))
#define SECCOMP_ARG(n) ((uint32_t)(offsetof(struct k_seccomp_data, args) + (n) * 8u)) /* low half, little endian */

static inline void seccomp_emit(struct seccomp_builder *b, unsigned code, uint32_t k, unsigned jt, unsigned jf) {
    if (b->length < SECCOMP_PROGRAM_MAX)
        b->code[b->length] = (struct k_bpf){(uint16_t)code, (uint8_t)jt, (uint8_t)jf, k};
    b->length++;
}
static inline void seccomp_return(struct seccomp_builder *b, uint32_t verdict) {
    seccomp_emit(b, K_BPF_RETURN, verdict, 0, 0);
}
static inline void seccomp_refuse(struct seccomp_builder *b, int error) {
    seccomp_return(b, K_SECCOMP_ERRNO | (uint32_t)error);
}
static inline void seccomp_allow_if_eq(struct seccomp_builder *b, uint32_t value) {
    seccomp_emit(b, K_BPF_IF_EQ, value, 0, 1);
    seccomp_return(b, K_SECCOMP_ALLOW);
}

/* Only the low 32 bits are looked at, as the kernel itself does for these arguments (int or 32-bit flags);
   mount flags are a long, of which the kernel uses 32 bits too. */
static inline void seccomp_emit_rule(struct seccomp_builder *b, enum rule rule) {
    enum { AF_UNIX_ = 1, AF_INET_ = 2, AF_INET6_ = 10, AF_NETLINK_ = 16, NOSUID_NODEV_ = 2 | 4, NOEXEC_ = 8, MOVE_ = 8192 };
    switch (rule) {
    case DENY: seccomp_refuse(b, EPERM); break;
    case ABSENT: seccomp_refuse(b, ENOSYS); break;
    case ALLOW: seccomp_return(b, K_SECCOMP_ALLOW); break;
    case IF_CLONE: {
        uint64_t namespaces = K_CLONE_NEWNS | K_CLONE_NEWCGROUP | K_CLONE_NEWUTS | K_CLONE_NEWIPC | K_CLONE_NEWUSER |
                              K_CLONE_NEWPID | K_CLONE_NEWNET;
        if (b->options & FILTER_FORKS_MACHINES) namespaces &= ~(K_CLONE_NEWNS | K_CLONE_NEWPID);
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(0), 0, 0);
        seccomp_emit(b, K_BPF_IF_ANY_BIT, (uint32_t)namespaces, 1, 0);
        seccomp_return(b, K_SECCOMP_ALLOW);
        seccomp_refuse(b, EPERM);
        break;
    }
    case IF_IOCTL: /* typing into somebody's terminal */
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(1), 0, 0);
        seccomp_emit(b, K_BPF_IF_EQ, K_TIOCSTI, 2, 0);
        seccomp_emit(b, K_BPF_IF_EQ, K_TIOCLINUX, 1, 0);
        seccomp_return(b, K_SECCOMP_ALLOW);
        seccomp_refuse(b, EPERM);
        break;
    case IF_KVM_IOCTL: /* KVM's own (type 0xAE), PAGEMAP_SCAN, and what libc asks of any descriptor */
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(1), 0, 0);
        seccomp_allow_if_eq(b, K_PAGEMAP_SCAN);
        seccomp_allow_if_eq(b, K_FIONREAD);
        seccomp_emit(b, K_BPF_AND, 0xff00, 0, 0);
        seccomp_allow_if_eq(b, K_KVM_TYPE);
        seccomp_refuse(b, ENOTTY);
        break;
    case IF_SOCKET: /* vsock, packet, alg, tipc ... are host doors or large attack surface; netlink: only routes */
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(0), 0, 0);
        seccomp_allow_if_eq(b, AF_UNIX_);
        if (!(b->options & FILTER_NO_INTERNET)) {
            seccomp_allow_if_eq(b, AF_INET_);
            seccomp_allow_if_eq(b, AF_INET6_);
            seccomp_emit(b, K_BPF_IF_EQ, AF_NETLINK_, 0, 3);
            seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(2), 0, 0);
            seccomp_allow_if_eq(b, 0);
        }
        seccomp_refuse(b, EAFNOSUPPORT);
        break;
    case IF_PERSONALITY: /* the default, and asking for the current one */
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(0), 0, 0);
        seccomp_allow_if_eq(b, 0);
        seccomp_allow_if_eq(b, 0xffffffffu);
        seccomp_refuse(b, EPERM);
        break;
    case IF_MOUNT: /* new file systems, and moves of what there is: no bind, no remount, so a read-only tree stays so */
        seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(3), 0, 0);
        seccomp_allow_if_eq(b, NOSUID_NODEV_);
        seccomp_allow_if_eq(b, NOSUID_NODEV_ | NOEXEC_);
        seccomp_allow_if_eq(b, MOVE_);
        seccomp_refuse(b, EPERM);
        break;
    case IF_PRCTL:
        if (b->options & FILTER_HOLDS_PDEATHSIG) {
            seccomp_emit(b, K_BPF_LOAD, SECCOMP_ARG(0), 0, 0);
            seccomp_emit(b, K_BPF_IF_EQ, K_PR_SET_PDEATHSIG, 0, 1);
            seccomp_refuse(b, EPERM);
        }
        seccomp_return(b, K_SECCOMP_ALLOW);
        break;
    }
}

static inline unsigned seccomp_range_end(const struct seccomp_builder *b, unsigned from, unsigned to) {
    unsigned end = from + 1;
    while (end < to && b->rule[end] == b->rule[from]) end++;
    return end;
}

/* Numbers [from, to): one rule is a leaf; else split at the range boundary nearest the middle. */
static inline void seccomp_emit_search(struct seccomp_builder *b, unsigned from, unsigned to) {
    unsigned split = seccomp_range_end(b, from, to);
    if (split == to) {
        seccomp_emit_rule(b, b->rule[from]);
        return;
    }
    for (unsigned next = split; next < to && next <= (from + to) / 2; next = seccomp_range_end(b, next, to)) split = next;
    seccomp_emit(b, K_BPF_IF_GE, split, 0, 1);
    unsigned jump = b->length; /* conditional jumps reach 255 instructions, this one any */
    seccomp_emit(b, K_BPF_JUMP, 0, 0, 0);
    seccomp_emit_search(b, from, split);
    if (jump < SECCOMP_PROGRAM_MAX) b->code[jump].k = b->length - jump - 1;
    seccomp_emit_search(b, split, to);
}

/* The whole program. Returns its length, or 0 if the table outgrew SECCOMP_PROGRAM_MAX. */
static inline unsigned seccomp_build(struct seccomp_builder *b, enum seccomp_profile profile, unsigned options) {
    b->length = 0;
    b->options = options;
    seccomp_rules(b->rule, profile, options);
    seccomp_emit(b, K_BPF_LOAD, SECCOMP_FIELD(arch), 0, 0);
    seccomp_emit(b, K_BPF_IF_EQ, K_AUDIT_ARCH, 1, 0);
    seccomp_return(b, K_SECCOMP_KILL_PROCESS);
    seccomp_emit(b, K_BPF_LOAD, SECCOMP_FIELD(nr), 0, 0);
#if defined(__x86_64__)
    seccomp_emit(b, K_BPF_IF_GE, 0x40000000u, 0, 1); /* x32: the same calls under other numbers */
    seccomp_return(b, K_SECCOMP_KILL_PROCESS);
#endif
    seccomp_emit(b, K_BPF_IF_GE, SECCOMP_NUMBERS, 0, 1);
    seccomp_refuse(b, ENOSYS);
    seccomp_emit_search(b, 0, SECCOMP_NUMBERS);
    return b->length <= SECCOMP_PROGRAM_MAX ? b->length : 0;
}

/* For a process that already runs under a program with FILTER_FORKS_MACHINES: takes just those extras away.
   A few instructions instead of hundreds; the kernel applies both programs and the stricter answer wins. */
static inline unsigned seccomp_build_tail(struct seccomp_builder *b) {
    b->length = 0;
    b->options = 0;
    seccomp_emit(b, K_BPF_LOAD, SECCOMP_FIELD(nr), 0, 0);
    seccomp_emit(b, K_BPF_IF_EQ, SYS_mount, 2, 0);
    seccomp_emit(b, K_BPF_IF_EQ, SYS_clone, 2, 0);
    seccomp_return(b, K_SECCOMP_ALLOW);
    seccomp_refuse(b, EPERM);
    seccomp_emit_rule(b, IF_CLONE);
    return b->length;
}
