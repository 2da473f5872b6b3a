"""How the zygote forks: confined as far as the host allows, and cheaply."""

import ctypes
import os
import sys

from mayfly_handler import AgentError

HERE = os.path.dirname(os.path.abspath(__file__))
REPAIRS_LOCKS = {"threading", "logging", "concurrent.futures.thread"}


class ForkHooks:
    """Keeps the zygote's forks cheap: some of what Python does in a child after a fork repairs what cannot be broken here.

    threading, logging and concurrent.futures register callbacks that give a child new locks, because another thread may
    have held one while its parent forked. The zygote has one thread and forks outside of any lock. The callbacks read and
    count references all over the heap: they make a child copy 150 pages, a third of what a fresh call costs. So they are
    kept from the zygote's forks, and given back to the child for the forks it makes itself.
    """

    def __init__(self):
        self.register = os.register_at_fork
        self.kept = []

    def hold(self):
        """To be called before anything imports one of these modules."""
        os.register_at_fork = self.registered

    def registered(self, **callbacks):
        if sys._getframe(1).f_globals.get("__name__") in REPAIRS_LOCKS:
            self.kept.append(callbacks)
        else:
            self.register(**callbacks)

    def restore(self):
        """In the child, before foreign code runs: it may have threads when it forks."""
        os.register_at_fork = self.register
        for callbacks in self.kept:
            self.register(**callbacks)


class Forker:
    """Forks children as confined as the host and the launcher allow; `mode` says how: namespaces, session or plain."""

    NEWNS, NEWPID = 0x20000, 0x20000000
    TMP, PROC, DROP_CAPS, FILTER, FILTER_TAIL, SESSION = 1, 2, 4, 8, 16, 32
    STAGES = ("", "death signal", "descriptors", "/tmp", "/proc", "capabilities", "system call filter", "session")

    def __init__(self):
        self.mode, self.flags, self.options, self.tmp_bytes = "plain", 0, 0, 16 << 20
        try:
            box = ctypes.PyDLL(os.path.join(HERE, "forkbox.so"))
        except OSError:
            return
        self.clone, self.confine = box.forkbox_clone, box.forkbox_confine
        self.clone.argtypes, self.clone.restype = (ctypes.c_ulong,), ctypes.c_long
        self.confine.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_ulong)
        for call in ("PyOS_BeforeFork", "PyOS_AfterFork_Child", "PyOS_AfterFork_Parent"):
            getattr(ctypes.pythonapi, call).restype = None
        with open("/proc/self/status") as status:
            filtered = "Seccomp:\t2" in status.read()
        self.mode, self.flags = "namespaces", self.NEWNS | self.NEWPID
        self.options = self.SESSION | self.TMP | self.PROC | self.DROP_CAPS | (self.FILTER_TAIL if filtered else self.FILTER)

    def settle(self):
        """Forks one child to find out what the host allows; raises AgentError when even the least fails."""
        while True:
            try:
                pid = self.fork()
            except PermissionError:
                self.mode, self.flags = "session", 0
                self.options &= ~(self.TMP | self.PROC)
                ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans come to us
                continue
            if pid == 0:
                os._exit(self.enter())
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if status == 0:
                return
            if self.mode == "namespaces" and status in (3, 4):  # mounts refused: /proc masked, for example
                self.options &= ~(self.PROC if status == 4 else self.TMP)
                continue
            raise AgentError("SandboxFailed", "a forked machine could not be confined: %s" % self.stage(status))

    def stage(self, status):
        return self.STAGES[status] if 0 < status < len(self.STAGES) else "status %d" % status

    def fork(self):
        if self.mode == "plain":
            return os.fork()
        ctypes.pythonapi.PyOS_BeforeFork()
        pid = self.clone(self.flags)
        if pid == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
        else:
            ctypes.pythonapi.PyOS_AfterFork_Parent()
            if pid < 0:
                raise OSError(-pid, os.strerror(-pid))
        return pid

    def enter(self):
        """In the child: 0, or the stage that failed."""
        if self.mode == "plain":
            os.setsid()
            return 0
        failed = self.confine(-1, self.options, self.tmp_bytes)
        return -failed // 4096 if failed else 0
