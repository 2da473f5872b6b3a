/* Which system calls a sandboxed program may make: an allow-list per profile. Used by the launcher (seccomp.c) and,
   compiled into agents/forkbox.so, by each forked machine, so that both enforce the same table.
   Not listed: EPERM, or ENOSYS where it is newer than this table or where programs probe and have another way. */
#pragma once

#include "kernel.h"

enum rule {
    DENY,    /* EPERM */
    ABSENT,  /* ENOSYS: the caller is expected to fall back */
    ALLOW,
    /* judged by arguments, see seccomp_build.h */
    IF_CLONE,
    IF_IOCTL,
    IF_SOCKET,
    IF_PERSONALITY,
    IF_MOUNT,
    IF_PRCTL,
    IF_KVM_IOCTL,
};

#define ANY_PROFILE(X)                                                                                                \
    /* files and descriptors; what may be reached is the mount namespace's and Landlock's business */                 \
    X(read) X(write) X(close) X(fstat) X(lseek) X(pread64) X(pwrite64) X(readv) X(writev) X(preadv) X(pwritev)         \
    X(preadv2) X(pwritev2) X(sendfile) X(fcntl) X(flock) X(fsync) X(fdatasync) X(sync) X(syncfs) X(sync_file_range)    \
    X(truncate) X(ftruncate) X(fallocate) X(fadvise64) X(readahead) X(copy_file_range) X(splice) X(tee) X(dup) X(dup3) \
    X(pipe2) X(openat) X(openat2) X(getdents64) X(getcwd) X(chdir) X(fchdir) X(mkdirat) X(mknodat) X(unlinkat)         \
    X(renameat) X(renameat2) X(linkat) X(symlinkat) X(readlinkat) X(fchmod) X(fchmodat) X(fchown) X(fchownat)          \
    X(faccessat) X(faccessat2) X(newfstatat) X(statx) X(statfs) X(fstatfs) X(utimensat) X(umask) X(getxattr)           \
    X(lgetxattr) X(fgetxattr) X(listxattr) X(llistxattr) X(flistxattr) X(setxattr) X(lsetxattr) X(fsetxattr)           \
    X(removexattr) X(lremovexattr) X(fremovexattr) X(memfd_create)                                                    \
    /* waiting */                                                                                                     \
    X(epoll_create1) X(epoll_ctl) X(epoll_pwait) X(epoll_pwait2) X(pselect6) X(ppoll) X(eventfd2) X(signalfd4)         \
    X(timerfd_create) X(timerfd_settime) X(timerfd_gettime) X(inotify_init1) X(inotify_add_watch) X(inotify_rm_watch)  \
    /* memory */                                                                                                      \
    X(mmap) X(munmap) X(mprotect) X(mremap) X(brk) X(madvise) X(msync) X(mincore) X(mlock) X(mlock2) X(munlock)        \
    X(mlockall) X(munlockall) X(membarrier) X(pkey_alloc) X(pkey_free) X(pkey_mprotect) X(get_mempolicy)               \
    /* processes and threads */                                                                                       \
    X(execve) X(execveat) X(exit) X(exit_group) X(wait4) X(waitid) X(kill) X(tkill) X(tgkill) X(pidfd_open)            \
    X(pidfd_send_signal) X(getpid) X(getppid) X(gettid) X(getpgid) X(setpgid) X(getsid) X(setsid) X(getuid) X(geteuid) \
    X(getgid) X(getegid) X(getresuid) X(getresgid) X(getgroups) X(setuid) X(setgid) X(setreuid) X(setregid)            \
    X(setresuid) X(setresgid) X(setfsuid) X(setfsgid) X(setgroups) X(capget) X(capset) X(set_tid_address)              \
    X(set_robust_list) X(get_robust_list) X(futex) X(rseq) X(sched_yield) X(sched_getaffinity) X(sched_setaffinity)    \
    X(sched_getparam) X(sched_setparam) X(sched_getscheduler) X(sched_setscheduler) X(sched_get_priority_max)          \
    X(sched_get_priority_min) X(sched_rr_get_interval) X(sched_getattr) X(sched_setattr) X(getpriority)                \
    X(setpriority) X(ioprio_get) X(ioprio_set) X(getrlimit) X(setrlimit) X(prlimit64) X(getrusage) X(times)            \
    X(sysinfo) X(uname) X(getcpu) X(restart_syscall) X(seccomp) X(landlock_create_ruleset) X(landlock_add_rule)        \
    X(landlock_restrict_self)                                                                                         \
    /* signals and time */                                                                                            \
    X(rt_sigaction) X(rt_sigprocmask) X(rt_sigpending) X(rt_sigqueueinfo) X(rt_tgsigqueueinfo) X(rt_sigreturn)         \
    X(rt_sigsuspend) X(rt_sigtimedwait) X(sigaltstack) X(getitimer) X(setitimer) X(nanosleep) X(clock_gettime)         \
    X(clock_getres) X(clock_nanosleep) X(timer_create) X(timer_settime) X(timer_gettime) X(timer_getoverrun)           \
    X(timer_delete) X(gettimeofday) X(getrandom)                                                                      \
    /* sockets; where they lead is the network namespace's business, socket() itself is judged by family */           \
    X(socketpair) X(connect) X(accept) X(accept4) X(bind) X(listen) X(sendto) X(recvfrom) X(sendmsg) X(recvmsg)        \
    X(sendmmsg) X(recvmmsg) X(shutdown) X(getsockname) X(getpeername) X(setsockopt) X(getsockopt)

#if defined(__x86_64__) /* calls that newer architectures never had */
#define ANY_PROFILE_LEGACY(X)                                                                                         \
    X(open) X(creat) X(stat) X(lstat) X(poll) X(select) X(access) X(pipe) X(dup2) X(getdents) X(rename) X(mkdir)       \
    X(rmdir) X(link) X(unlink) X(symlink) X(readlink) X(chmod) X(chown) X(lchown) X(mknod) X(utime) X(utimes)          \
    X(futimesat) X(epoll_create) X(epoll_wait) X(eventfd) X(signalfd) X(inotify_init) X(fork) X(vfork) X(getpgrp)      \
    X(alarm) X(pause) X(time) X(arch_prctl)
#else
#define ANY_PROFILE_LEGACY(X)
#endif

/* Named shared memory, queues and asynchronous I/O outlive a process, so a function's machine must not have them:
   they would carry state from one invocation to the next. A task has its own ipc namespace for its whole life. */
#define TASK_ONLY(X)                                                                                                  \
    X(shmget) X(shmat) X(shmdt) X(shmctl) X(semget) X(semop) X(semtimedop) X(semctl) X(msgget) X(msgsnd) X(msgrcv)      \
    X(msgctl) X(mq_open) X(mq_unlink) X(mq_timedsend) X(mq_timedreceive) X(mq_notify) X(mq_getsetattr) X(io_setup)     \
    X(io_submit) X(io_getevents) X(io_destroy) X(io_cancel) X(io_pgetevents) X(vmsplice) X(mbind) X(set_mempolicy) X(remap_file_pages)

/* The process that runs virtual machines has its one listening socket and its descriptors, and needs no way to anything
   else: no sockets, no users, no links, nothing that outlives it. Its execve is its own start; it gives that up itself. */
#define NOT_FOR_MACHINES(X)                                                                                           \
    X(socket) X(connect) X(bind) X(listen) X(sendto) X(sendmsg) X(sendmmsg) X(recvmsg) X(recvmmsg)       \
    X(execveat) X(setuid) X(setgid) X(setreuid) X(setregid) X(setresuid) X(setresgid) X(setfsuid) X(setfsgid)          \
    X(setgroups) X(capset) X(setsid) X(setpgid) X(mknodat) X(linkat) X(symlinkat) X(fchown) X(fchownat) X(fchmodat)    \
    X(setxattr) X(lsetxattr) X(fsetxattr) X(removexattr) X(lremovexattr) X(fremovexattr) X(splice) X(tee)              \
    X(inotify_init1) X(inotify_add_watch) X(pidfd_open) X(pidfd_send_signal) X(rt_sigqueueinfo) X(pkey_alloc)          \
    X(pkey_mprotect) X(landlock_create_ruleset) X(mlockall) X(ioprio_set) X(setpriority) X(personality)

/* Numbers that an older libc header does not name. */
#define ANY_PROFILE_NUMBERS(X)                                                                                        \
    X(K_NR_close_range) X(K_NR_futex_waitv) X(K_NR_fchmodat2) X(K_NR_futex_wake) X(K_NR_futex_wait)                    \
    X(K_NR_futex_requeue) X(K_NR_mseal) X(K_NR_cachestat)

/* clone3 passes its flags in memory, where a filter cannot read them; libc then falls back to clone. */
#define PROBED(X) X(K_NR_clone3) X(K_NR_io_uring_setup) X(K_NR_io_uring_enter) X(K_NR_io_uring_register)               \
    X(K_NR_memfd_secret) X(K_NR_set_mempolicy_home_node)
#define K_NR_io_uring_setup 425
#define K_NR_io_uring_enter 426
#define K_NR_io_uring_register 427

#define SECCOMP_NEWEST_JUDGED 450 /* unlisted calls above it were unknown here: ENOSYS, so that libc falls back */
#define SECCOMP_NUMBERS 512       /* table size; every number from here on is ENOSYS */

enum seccomp_profile { FILTER_FOR_AGENT, FILTER_FOR_TASK, FILTER_FOR_MACHINES };
enum seccomp_option {
    FILTER_FORKS_MACHINES = 1, /* caps=fork: new pid and mount namespaces, mount of a fresh tmpfs or proc */
    FILTER_NO_INTERNET = 4,     /* net=none without a network namespace: local sockets only, not even a loopback */
    FILTER_HOLDS_PDEATHSIG = 2,    /* init=none: the program is pid 1 and must not outlive the launcher */
};

static inline void seccomp_rules(unsigned char rule[SECCOMP_NUMBERS], enum seccomp_profile profile, unsigned options) {
    for (int nr = 0; nr < SECCOMP_NUMBERS; nr++) rule[nr] = nr <= SECCOMP_NEWEST_JUDGED ? DENY : ABSENT;
#define ALLOW_NAME(name) rule[SYS_##name] = ALLOW;
#define DENY_NAME(name) rule[SYS_##name] = DENY;
#define ALLOW_NUMBER(number) rule[number] = ALLOW;
#define ABSENT_NUMBER(number) rule[number] = ABSENT;
    ANY_PROFILE(ALLOW_NAME)
    ANY_PROFILE_LEGACY(ALLOW_NAME)
    ANY_PROFILE_NUMBERS(ALLOW_NUMBER)
    PROBED(ABSENT_NUMBER)
    if (profile == FILTER_FOR_TASK) {
        TASK_ONLY(ALLOW_NAME)
    }
#undef ALLOW_NAME
#undef ALLOW_NUMBER
#undef ABSENT_NUMBER
    rule[SYS_clone] = IF_CLONE;
    rule[SYS_ioctl] = IF_IOCTL;
    rule[SYS_socket] = IF_SOCKET;
    rule[SYS_personality] = IF_PERSONALITY;
    rule[SYS_prctl] = IF_PRCTL;
    if (profile == FILTER_FOR_MACHINES) {
        NOT_FOR_MACHINES(DENY_NAME)
        rule[SYS_ioctl] = IF_KVM_IOCTL;
    }
#undef DENY_NAME
    if (options & FILTER_FORKS_MACHINES) rule[SYS_mount] = IF_MOUNT;
}
