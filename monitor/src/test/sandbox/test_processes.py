"""Promise: a sandbox sees and reaches only its own processes, environment and descriptors."""

import os
import pathlib
import shutil
import subprocess
import unittest

import box

SIGNAL_ALL = """
import os
reached = []
for pid in range(2, 40000):
    if pid == os.getpid(): continue
    try: os.kill(pid, 0); reached.append(pid)
    except ProcessLookupError: pass
    except PermissionError: reached.append(-pid)
print(reached)
"""


class Processes(unittest.TestCase):
    def test_only_own_processes_are_visible(self):
        result = box.run(["/bin/sh", "-c", "cd /proc; ls -d [0-9]* | wc -l; echo $$"])
        count, own = result.out.split()
        self.assertLessEqual(int(count), 4)
        self.assertEqual(own, "2")

    def test_no_process_outside_can_be_signalled(self):
        victim = subprocess.Popen(["sleep", "1000"])
        try:
            self.assertEqual(box.python(SIGNAL_ALL).out.strip(), "[]")
            box.python(f"import os; os.kill({victim.pid}, 9)")
            self.assertIsNone(victim.poll())
        finally:
            victim.kill()
            victim.wait()

    def test_the_memory_of_process_1_is_closed(self):
        code = "for f in ('mem', 'environ', 'maps', 'auxv'):\n  try: print(f, len(open('/proc/1/' + f, 'rb').read(1)))\n  except OSError: pass"
        self.assertEqual(box.python(code).out, "")

    def test_the_environment_is_exactly_the_specs(self):
        os.environ["MAYFLY_SECRET_TOKEN"] = "leak"
        try:
            result = box.run(["/usr/bin/env"], env={"A": "1", "B": "two = 2"})
            self.assertEqual(sorted(result.out.splitlines()), ["A=1", "B=two = 2"])
        finally:
            del os.environ["MAYFLY_SECRET_TOKEN"]

    def test_no_descriptor_is_inherited(self):
        for keys in ({}, {"init": "none"}, {"listen": "work.sock"}, {"caps": "fork", "seccomp": "agent"}):
            fds = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(20)]
            try:
                for fd in fds:
                    os.set_inheritable(fd, True)
                with box.Box(["/usr/bin/python3", "-I", "-S", "-c", "import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))"], **keys) as b:
                    b.start(close_fds=False)
                    out, err = b.process.communicate(timeout=10)
                # the listing itself is one more
                self.assertEqual(out.strip(), "[0, 1, 2, 3, 4]" if "listen" in keys else "[0, 1, 2, 3]", err)
            finally:
                for fd in fds:
                    os.close(fd)

    def test_it_is_not_root_anywhere(self):
        result = box.run(["/bin/sh", "-c", "id -u; id -g; grep Groups /proc/self/status; grep Cap /proc/self/status; cat /proc/self/uid_map"])
        lines = result.out.split("\n")
        self.assertEqual(lines[:2], ["1000", "1000"])
        for line in lines[3:8]:
            self.assertTrue(line.endswith("0000000000000000"), line)
        self.assertNotEqual(lines[8].split()[1], "0", "mapped to the host's root")

    def test_supplementary_groups_of_root_are_left(self):
        if not box.is_root() or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        box.Box.prefix = ["setpriv", "--groups=0,4,42"]
        self.addCleanup(setattr, box.Box, "prefix", ())
        self.assertEqual(box.run(["/bin/grep", "Groups", "/proc/self/status"]).out.split(), ["Groups:"])

    def test_the_specs_ids_are_taken_and_root_is_refused(self):
        if not box.is_root():
            self.skipTest("only root chooses who to become")
        with box.Box(["/bin/sleep", box.unique_seconds()], uid=4242, gid=4343) as b:
            b.start()
            def status():
                for pid in box.marked(b.argv[1]):
                    text = pathlib.Path(f"/proc/{pid}/status").read_text()
                    if "sleep" in text.splitlines()[0]:
                        return text
                return None

            text = box.await_that(status, "the command")
            self.assertIn("Uid:\t4242\t4242\t4242\t4242", text)
            self.assertIn("Gid:\t4343\t4343\t4343\t4343", text)
        self.assertEqual(box.run(["/bin/true"], uid=0, gid=0).code, 125)

    def test_orphans_are_reaped_and_end_with_the_command(self):
        marker = box.unique_seconds()
        script = f"for i in 1 2 3 4 5; do (setsid sh -c ':' &) ; done; (setsid sleep {marker} &); while grep -q '^State:.Z' /proc/[0-9]*/status; do :; done; echo clean"
        result = box.run(["/bin/sh", "-c", script])
        self.assertEqual(result.out, "clean\n")
        box.await_gone(marker)

    def test_host_and_ipc_names_are_its_own(self):
        if not os.path.exists("/usr/bin/ipcmk"):
            self.skipTest("no ipcmk on this host")
        result = box.run(["/bin/sh", "-c", "hostname; ipcmk -M 4096 >/dev/null && ipcs -m | grep -c 0x; readlink /proc/self/ns/ipc"])
        lines = result.out.split()
        self.assertEqual(lines[0], "mayfly")
        self.assertNotEqual(lines[-1], os.readlink("/proc/self/ns/ipc"))


if __name__ == "__main__":
    unittest.main()
