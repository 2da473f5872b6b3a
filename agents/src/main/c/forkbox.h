/* forkbox: lets an interpreter fork itself into a machine of its own (new pid and mount namespace, private /tmp, no
   capabilities, system call allow-list). A shared object without libc, so that any interpreter of any libc can load it;
   raw system calls only. Python: ctypes.PyDLL, between PyOS_BeforeFork and PyOS_AfterFork_Child / _Parent.
   Errors are returned, errno is not touched. Nothing here allocates, locks or keeps state. */
#pragma once

/* As fork(), with extra clone flags (FORKBOX_NEWPID, FORKBOX_NEWNS or 0). The child keeps libc's idea of its own thread
   id right (CLONE_CHILD_SETTID at PR_GET_TID_ADDRESS; where the kernel lacks that prctl the cached id stays stale).
   The caller must have one thread only. Returns the child's pid, 0 in the child, or -errno:
   -EPERM without CAP_SYS_ADMIN for the flags, -EAGAIN at the process limit. */
long forkbox_clone(unsigned long flags);
#define FORKBOX_NEWNS 0x00020000ul
#define FORKBOX_NEWPID 0x20000000ul

/* Called once in the child, before any foreign code runs. In this order: the child dies with its parent; conn_fd
   becomes descriptor 3 and everything above is closed (0, 1, 2 stay), or with -1 no descriptor is touched; then what
   `options` ask for. tmp_bytes: size of the private /tmp, 4096 or more; only read with FORKBOX_TMP.
   Returns 0, or -(stage * 4096 + errno); a child that gets an error must exit, it is only partly confined. */
int forkbox_confine(int conn_fd, unsigned options, unsigned long tmp_bytes);

enum forkbox_option {
    FORKBOX_TMP = 1,          /* fresh tmpfs on /tmp (/dev/shm leads there too); needs FORKBOX_NEWNS */
    FORKBOX_PROC = 2,         /* fresh /proc of the child's own pid namespace; needs both flags */
    FORKBOX_DROP_CAPS = 4,    /* ambient, bounding, inheritable, permitted, effective: all gone */
    FORKBOX_FILTER = 8,       /* no_new_privs and the whole agent allow-list */
    FORKBOX_FILTER_TAIL = 16, /* instead of FORKBOX_FILTER where the launcher's filter is already on (caps=fork): only
                                 takes mount and new namespaces away, cheaper */
    FORKBOX_SESSION = 32,     /* setsid: a process group crosses pid namespaces, so kill(0) would reach the parent; and
                                 where there is no pid namespace the parent kills by process group */
};
enum forkbox_stage {
    FORKBOX_AT_DEATH_SIGNAL = 1,
    FORKBOX_AT_DESCRIPTORS,
    FORKBOX_AT_TMP,
    FORKBOX_AT_PROC,
    FORKBOX_AT_CAPS,
    FORKBOX_AT_FILTER,
    FORKBOX_AT_SESSION,
};
