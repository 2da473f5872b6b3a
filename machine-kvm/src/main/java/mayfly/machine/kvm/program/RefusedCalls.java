package mayfly.machine.kvm.program;

import mayfly.linux.Errno;

/** Calls that have no meaning in a machine, and what they answer. */
final class RefusedCalls {
    private RefusedCalls() {}

    static void addTo(CallTable table) {
        administration(table);
        otherProcesses(table);
        newerKernels(table);
        historic(table);
        watching(table);
        interProcess(table);
        network(table);
    }

    private static void refuse(CallTable table, int errno, String remark, Object... numbersAndNames) {
        for (int i = 0; i < numbersAndNames.length; i += 2) {
            table.constant((Integer) numbersAndNames[i], (String) numbersAndNames[i + 1], -errno, remark);
        }
    }

    private static void administration(CallTable table) {
        String why = "for administrators";
        refuse(table, Errno.EPERM, why, 103, "syslog", 153, "vhangup", 155, "pivot_root", 161, "chroot", 163, "acct");
        refuse(table, Errno.EPERM, why, 165, "mount", 166, "umount2", 167, "swapon", 168, "swapoff", 169, "reboot");
        refuse(table, Errno.EPERM, why, 170, "sethostname", 171, "setdomainname", 172, "iopl", 173, "ioperm");
        refuse(table, Errno.EPERM, why, 175, "init_module", 176, "delete_module", 313, "finit_module");
        refuse(table, Errno.EPERM, why, 179, "quotactl", 443, "quotactl_fd", 246, "kexec_load", 320, "kexec_file_load");
        refuse(table, Errno.EPERM, why, 272, "unshare", 308, "setns", 321, "bpf", 304, "open_by_handle_at");
        refuse(table, Errno.EPERM, why, 300, "fanotify_init", 428, "open_tree", 429, "move_mount", 430, "fsopen");
        refuse(table, Errno.EPERM, why, 431, "fsconfig", 432, "fsmount", 433, "fspick", 442, "mount_setattr");
        refuse(table, Errno.EBADF, "there is none of its descriptors", 301, "fanotify_mark");
        refuse(table, Errno.EOPNOTSUPP, "files have no handles", 303, "name_to_handle_at");
        refuse(table, Errno.EPERM, why, 154, "modify_ldt", 323, "userfaultfd");
        refuse(table, Errno.EACCES, "its counters are the host's", 298, "perf_event_open");
        refuse(table, Errno.EINVAL, "the machine is the sandbox", 317, "seccomp");
    }

    private static void otherProcesses(CallTable table) {
        String why = "processes do not reach into each other";
        refuse(table, Errno.EPERM, why, 101, "ptrace", 310, "process_vm_readv", 311, "process_vm_writev");
        refuse(table, Errno.EPERM, why, 312, "kcmp", 256, "migrate_pages", 279, "move_pages");
        refuse(table, Errno.EPERM, why, 438, "pidfd_getfd", 440, "process_madvise", 448, "process_mrelease");
    }

    private static void newerKernels(CallTable table) {
        String why = "as older kernels";
        refuse(table, Errno.ENOSYS, why, 425, "io_uring_setup", 426, "io_uring_enter", 427, "io_uring_register");
        refuse(table, Errno.ENOSYS, why, 329, "pkey_mprotect", 330, "pkey_alloc", 331, "pkey_free");
        refuse(table, Errno.ENOSYS, why, 444, "landlock_create_ruleset", 445, "landlock_add_rule");
        refuse(table, Errno.ENOSYS, why, 446, "landlock_restrict_self", 447, "memfd_secret");
        refuse(table, Errno.ENOSYS, why, 450, "set_mempolicy_home_node", 451, "cachestat", 453, "map_shadow_stack");
        refuse(table, Errno.ENOSYS, why, 454, "futex_wake", 455, "futex_wait", 456, "futex_requeue");
        refuse(table, Errno.ENOSYS, why, 457, "statmount", 458, "listmount", 459, "lsm_get_self_attr");
        refuse(table, Errno.ENOSYS, why, 460, "lsm_set_self_attr", 461, "lsm_list_modules");
        refuse(table, Errno.ENOSYS, "threads serve", 206, "io_setup", 207, "io_destroy", 208, "io_getevents");
        refuse(table, Errno.ENOSYS, "threads serve", 209, "io_submit", 210, "io_cancel", 333, "io_pgetevents");
    }

    private static void historic(CallTable table) {
        String why = "as every kernel of today";
        refuse(table, Errno.ENOSYS, why, 134, "uselib", 156, "_sysctl", 174, "create_module", 177, "get_kernel_syms");
        refuse(table, Errno.ENOSYS, why, 178, "query_module", 180, "nfsservctl", 181, "getpmsg", 182, "putpmsg");
        refuse(table, Errno.ENOSYS, why, 183, "afs_syscall", 184, "tuxcall", 185, "security", 236, "vserver");
        refuse(table, Errno.ENOSYS, why, 205, "set_thread_area", 211, "get_thread_area", 212, "lookup_dcookie");
        refuse(table, Errno.ENOSYS, why, 214, "epoll_ctl_old", 215, "epoll_wait_old");
        refuse(table, Errno.EINVAL, why, 139, "sysfs", 136, "ustat");
        refuse(table, Errno.EINVAL, "mappings keep their order", 216, "remap_file_pages");
    }

    private static void watching(CallTable table) {
        String why = "programs do without";
        refuse(table, Errno.ENOSYS, why, 253, "inotify_init", 254, "inotify_add_watch", 255, "inotify_rm_watch");
        refuse(table, Errno.ENOSYS, why, 294, "inotify_init1", 282, "signalfd", 289, "signalfd4");
        refuse(table, Errno.ENOSYS, why, 449, "futex_waitv", 314, "sched_setattr", 315, "sched_getattr");
        refuse(table, Errno.ENOSYS, "programs take numbers then", 424, "pidfd_send_signal", 434, "pidfd_open");
        refuse(table, Errno.EINTR, "waits go on by themselves", 219, "restart_syscall");
    }

    private static void interProcess(CallTable table) {
        String why = "pipes, sockets and shared memory serve";
        refuse(
                table,
                Errno.ENOSYS,
                why,
                29,
                "shmget",
                30,
                "shmat",
                31,
                "shmctl",
                67,
                "shmdt",
                64,
                "semget",
                65,
                "semop");
        refuse(table, Errno.ENOSYS, why, 66, "semctl", 220, "semtimedop", 68, "msgget", 69, "msgsnd", 70, "msgrcv");
        refuse(table, Errno.ENOSYS, why, 71, "msgctl", 240, "mq_open", 241, "mq_unlink", 242, "mq_timedsend");
        refuse(table, Errno.ENOSYS, why, 243, "mq_timedreceive", 244, "mq_notify", 245, "mq_getsetattr");
        refuse(table, Errno.ENOSYS, "no keys", 248, "add_key", 249, "request_key", 250, "keyctl");
    }

    private static void network(CallTable table) {
        refuse(table, Errno.ENOSYS, "one message at a time", 299, "recvmmsg", 307, "sendmmsg");
    }
}
