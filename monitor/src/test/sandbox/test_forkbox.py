"""forkbox.so around a real interpreter: the fork is a machine of its own, libc keeps working in it."""

import json
import os
import pathlib
import unittest

import box

FORKBOX = os.environ.get("MAYFLY_FORKBOX") or str(
    pathlib.Path(__file__).resolve().parents[4] / "agents/target/classes/mayfly/agents/forkbox.so"
)
TMP, PROC, CAPS, FILTER, TAIL, SESSION = 1, 2, 4, 8, 16, 32
ZYGOTE = """
import ctypes, json, os, socket, sys, threading
box = ctypes.PyDLL(sys.argv[1])
box.forkbox_clone.restype, box.forkbox_clone.argtypes = ctypes.c_long, [ctypes.c_ulong]
box.forkbox_confine.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_ulong]
api, libc = ctypes.pythonapi, ctypes.CDLL(None, use_errno=True)
options, flags = int(sys.argv[2]), int(sys.argv[3])
open('/tmp/of-the-zygote', 'w').close()

def child(connection):
    found = {'confined': box.forkbox_confine(connection, options, 1 << 20)}
    found['pid'], found['tid'] = os.getpid(), threading.get_native_id()
    found['raise'] = libc.raise_(0) if hasattr(libc, 'raise_') else libc['raise'](0)
    found['tmp'] = os.listdir('/tmp')
    found['fds'] = sorted(int(n) for n in os.listdir('/proc/self/fd'))
    found['pids'] = [n for n in os.listdir('/proc') if n.isdigit()]
    found['caps'] = [line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')]
    for name, call in (('unshare', lambda: libc.unshare(0x10000000)), ('mount', lambda: libc.mount(b'x', b'/tmp', b'tmpfs', 6, None)),
                       ('shmget', lambda: libc.shmget(0, 4096, 0o600))):
        ctypes.set_errno(0)
        found[name] = ctypes.get_errno() if call() < 0 else 0
    thread = threading.Thread(target=lambda: found.update(thread=True))
    thread.start(); thread.join()
    os.write(3, json.dumps(found).encode())
    os._exit(0)

for _ in range(2):
    ours, theirs = socket.socketpair()
    api.PyOS_BeforeFork()
    pid = box.forkbox_clone(flags)
    if pid == 0:
        api.PyOS_AfterFork_Child()
        child(theirs.fileno())
    api.PyOS_AfterFork_Parent()
    theirs.close()
    print(json.dumps({'clone': pid}) if pid < 0 else ours.recv(65536).decode(), flush=True)
    if pid > 0: os.waitpid(pid, 0)
"""


@unittest.skipUnless(os.path.exists(FORKBOX), f"not built: {FORKBOX}")
class Forkbox(unittest.TestCase):
    def fork(self, options, flags, **keys):
        folder = os.path.dirname(FORKBOX)
        result = box.run(["/usr/bin/python3", "-I", "-S", "-c", ZYGOTE, "/mayfly/forkbox.so", str(options), str(flags)],
                         ro=[f"{folder}:/mayfly"], seccomp="agent", **keys)
        self.assertEqual(result.code, 0, result.err)
        return [json.loads(line) for line in result.out.splitlines()]

    def test_a_machine_of_its_own(self):
        for filter_ in (FILTER, TAIL):
            for found in self.fork(TMP | PROC | CAPS | filter_, 0x20020000, caps="fork"):
                self.assertEqual(found["confined"], 0)
                self.assertEqual((found["pid"], found["tid"], found["pids"]), (1, 1, ["1"]))
                self.assertEqual(found["tmp"], [])
                self.assertEqual(found["fds"], [0, 1, 2, 3, 4])  # 4: the listing
                self.assertEqual(set(found["caps"]), {"0" * 16})
                self.assertEqual((found["unshare"], found["mount"], found["shmget"]), (1, 1, 1))
                self.assertTrue(found["thread"])
                self.assertEqual(found["raise"], 0)

    def test_without_namespaces(self):
        for found in self.fork(CAPS | FILTER | SESSION, 0):
            self.assertEqual(found["confined"], 0)
            self.assertEqual(found["pid"], found["tid"])
            self.assertIn("of-the-zygote", found["tmp"])
            self.assertEqual((found["unshare"], found["mount"]), (1, 1))

    def test_errors_name_the_stage(self):
        self.assertEqual(self.fork(0, 0x20020000)[0]["clone"], -1)  # EPERM without capabilities
        self.assertEqual(self.fork(TMP, 0)[0]["confined"], -(3 * 4096 + 1))


if __name__ == "__main__":
    unittest.main()
