"""Promise: system calls that reach outside, or that carry state from one invocation to the next, are refused."""

import ctypes
import json
import os
import platform
import signal
import unittest

import box

EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
# x86_64 numbers; arguments are all zero unless given, so a call that got through would fail with something else
NEVER = {
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "ptrace": 101, "unshare": 272, "setns": 308,
    "kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176, "bpf": 321,
    "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249,
    "open_by_handle_at": 304, "name_to_handle_at": 303, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "pidfd_getfd": 438, "process_madvise": 440, "swapon": 167, "swapoff": 168, "reboot": 169, "acct": 163,
    "quotactl": 179, "syslog": 103, "fsopen": 430, "fsmount": 432, "fsconfig": 431, "open_tree": 428, "move_mount": 429,
    "mount_setattr": 442, "sethostname": 170, "settimeofday": 164, "iopl": 172, "ioperm": 173, "modify_ldt": 154,
    "fanotify_init": 300, "lookup_dcookie": 212, "uselib": 134, "vhangup": 153,
}
PROBED = {"clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "unknown": 480, "huge": 5000}
STATEFUL = {"shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240, "mq_unlink": 241, "io_setup": 206}
CALLER = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
answers = {}
for name, number, *args in json.loads(sys.argv[1]):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in args + [0] * (6 - len(args))])
    answers[name] = ctypes.get_errno() if result < 0 else -1
print(json.dumps(answers))
"""


def answers(calls, **keys):
    request = json.dumps([[name, *(number if isinstance(number, list) else [number])] for name, number in calls.items()])
    result = box.run(["/usr/bin/python3", "-I", "-S", "-c", CALLER, request], **keys)
    assert result.code == 0, (result.code, result.err)
    return json.loads(result.out)


# What agents may and the process that runs virtual machines may not: ways to others, to other users, and out of its files.
NOT_FOR_MACHINES = {
    "socket": [41, 1, 1], "connect": 42, "bind": 49, "listen": 50, "sendto": 44, "sendmsg": 46, "recvmsg": 47, "execveat": 322,
    "setuid": 105, "setresuid": 117, "setgroups": 116, "capset": 126, "linkat": 265, "symlinkat": 266, "mknodat": 259,
    "fchownat": 260, "fchmodat": 268, "pidfd_open": 434, "pidfd_send_signal": 424, "setsid": 112, "splice": 275, "personality": [135, 8],
}
ENOTTY = 25
KVM_GET_API_VERSION, KVM_VERSION = 0xAE00, 12
DEVICE = """
import fcntl, os, sys, termios
def ask(fd, request):
    try:
        return fcntl.ioctl(fd, request, 0)
    except OSError as e:
        return -e.errno
print(os.path.exists("/dev/kvm"), os.stat(4).st_rdev == os.makedev(10, 232), ask(4, 0xAE00), ask(4, termios.TCGETS), ask(4, 0x5411),
      fcntl.fcntl(4, fcntl.F_GETFD), os.getuid())
"""


@unittest.skipUnless(platform.machine() == "x86_64", "the numbers in this file are x86_64's")
class Calls(unittest.TestCase):
    def test_what_is_never_allowed(self):
        for profile in ("task", "agent", "machines"):
            self.assertEqual(answers(NEVER, seccomp=profile), dict.fromkeys(NEVER, EPERM), profile)

    def test_the_machines_process_may_less_than_agents(self):
        self.assertEqual(answers(NOT_FOR_MACHINES, seccomp="machines"), dict.fromkeys(NOT_FOR_MACHINES, EPERM))
        self.assertNotIn(EPERM, answers({"socket": [41, 1, 1], "getpid": 39}, seccomp="agent").values())

    @unittest.skipUnless(os.access("/dev/kvm", os.R_OK | os.W_OK), "/dev/kvm does not open here")
    def test_kvm_is_passed_and_only_its_ioctls(self):
        result = box.run(["/usr/bin/python3", "-I", "-S", "-c", DEVICE], seccomp="machines", **{"pass": "/dev/kvm"})
        self.assertEqual(result.out.split(), ["False", "True", str(KVM_VERSION), str(-ENOTTY), str(-ENOTTY), "0", "1000"], result.err)

    def test_what_programs_probe_is_absent(self):
        for profile in ("task", "agent", "machines"):
            self.assertEqual(answers(PROBED, seccomp=profile), dict.fromkeys(PROBED, ENOSYS), profile)

    def test_what_would_outlive_an_invocation_is_for_tasks_only(self):
        self.assertEqual(answers(STATEFUL, seccomp="agent"), dict.fromkeys(STATEFUL, EPERM))
        self.assertNotIn(EPERM, answers(STATEFUL, seccomp="task").values())

    def test_arguments_are_judged(self):
        refused = {
            "clone newuser": [56, 0x10000000 | 17], "clone newns": [56, 0x00020000 | 17], "clone newpid": [56, 0x20000000 | 17],
            "clone newnet": [56, 0x40000000 | 17], "tiocsti": [16, 0, 0x5412], "tiocsti in the high half": [16, 0, 0x5412 | 1 << 40],
            "tioclinux": [16, 0, 0x541C], "personality": [135, 0x0040000],
        }
        self.assertEqual(answers(refused), dict.fromkeys(refused, EPERM))
        allowed = answers({"personality": [135, 0xFFFFFFFF], "isatty": [16, 0, 0x5401]})
        self.assertEqual(allowed["personality"], -1)
        self.assertNotIn(allowed["isatty"], (EPERM, ENOSYS))

    def test_forking_machines_allows_new_file_systems_and_moves_and_nothing_else(self):
        MS_RDONLY, NOSUID_NODEV, MS_BIND, MS_REMOUNT = 1, 6, 4096, 32
        calls = {"bind": [165, 0, 0, 0, MS_BIND], "remount": [165, 0, 0, 0, MS_REMOUNT | NOSUID_NODEV],
                 "move and bind": [165, 0, 0, 0, 8192 | MS_BIND],
                 "plain": [165, 0, 0, 0, 0], "read-only": [165, 0, 0, 0, MS_RDONLY | NOSUID_NODEV], "umount": [166], "clone newuser": [56, 0x10000000 | 17],
                 "mount_setattr": [442], "unshare": [272, 0x20000], "setns": [308]}
        self.assertEqual(answers(calls, seccomp="agent", caps="fork"), dict.fromkeys(calls, EPERM))
        fresh = answers({"mount": [165, 0, 0, 0, NOSUID_NODEV], "move": [165, 0, 0, 0, 8192]}, seccomp="agent", caps="fork")
        self.assertNotIn(EPERM, fresh.values())

    def test_the_calls_of_another_architecture_kill(self):
        x32 = 0x40000000 | 39
        code = f"import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long({x32}))"
        self.assertEqual(box.python(code).code, -signal.SIGSYS)

    def test_the_filter_is_on_the_first_process_too(self):
        result = box.run(["/bin/sh", "-c", "grep -h Seccomp: /proc/[0-9]*/status; grep -h NoNewPrivs /proc/[0-9]*/status"])
        self.assertEqual({line.split()[1] for line in result.out.splitlines()}, {"2", "1"})

    def test_a_process_1_of_the_programs_own_cannot_outlive_the_launcher(self):
        marker = box.unique_seconds()
        code = f"import ctypes, os; print(ctypes.CDLL(None).prctl(1, 0), flush=True); os.execv('/bin/sleep', ['sleep', '{marker}'])"
        with box.Box(["/usr/bin/python3", "-I", "-S", "-c", code], init="none") as b:
            b.start()
            self.assertEqual(b.process.stdout.readline().strip(), "-1")
            b.process.kill()
            b.process.wait()
            box.await_gone(marker)


if __name__ == "__main__":
    unittest.main()
