"""Promise: what a sandbox eats is bounded, and the host stays healthy."""

import os
import pathlib
import resource
import subprocess
import unittest

import box

BOMB = """
import os, time
children = 0
while True:
    try:
        if os.fork() == 0: time.sleep(1000)
        children += 1
    except OSError as e:
        print(children, e.errno); break
"""
EAT = "data = []\nfor i in range(1024): data.append(bytearray(b'x' * (1 << 20)))\nprint('ate it all')"


class Limits(unittest.TestCase):
    def test_a_fork_bomb_is_stopped_and_the_host_lives(self):
        for profile in ("task", "agent"):
            result = box.python(BOMB, pids=40, seccomp=profile)
            children, errno = map(int, result.out.split())
            self.assertLess(children, 40)
            self.assertEqual(errno, 11)
            subprocess.run(["/bin/true"], check=True)
        self.assertEqual(result.isolated["pids"].split("|")[0], "yes")

    def test_two_bombs_do_not_share_a_limit(self):
        with box.Box(["/usr/bin/python3", "-I", "-S", "-c", BOMB + "\nprint('full', flush=True); time.sleep(1000)"], pids=30) as first:
            first.start()
            self.assertIn("11", first.process.stdout.readline())
            children, _ = map(int, box.python(BOMB, pids=30).out.split())
            self.assertGreater(children, 20)

    def test_memory_is_bounded(self):
        result = box.python(EAT, memory=64 << 20)
        self.assertNotIn("ate it all", result.out)
        if result.isolated["memory"].startswith("yes"):
            self.assertEqual(result.code, -9)
        else:
            self.assertIn("MemoryError", result.err)

    def test_memory_is_bounded_without_a_cgroup(self):
        result = box.python(EAT, memory=64 << 20, cgroup="/nonexistent")
        self.assertIn("MemoryError", result.err)
        self.assertTrue(result.isolated["memory"].startswith("no"))

    def test_files_descriptors_and_dumps_are_bounded(self):
        code = "import resource as r\nfor n in ('CORE', 'NOFILE', 'FSIZE'): print(r.getrlimit(getattr(r, 'RLIMIT_' + n)))"
        core, files, size = box.python(code, output_max=1 << 20).out.splitlines()
        self.assertEqual(core, "(0, 0)")
        most = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        self.assertEqual(files, f"({most}, {most})")
        self.assertEqual(size, f"({2 << 20}, {2 << 20})")

    def test_control_groups_are_used_and_removed(self):
        if not box.is_root():
            self.skipTest("needs root, or delegated control groups")
        marker = box.unique_seconds()
        with box.Box(["/bin/sleep", marker], memory=64 << 20, pids=50) as b:
            b.start()
            box.await_that(lambda: box.marked(marker) and (b.dir / "isolation").exists(), "the command")
            box.await_that(lambda: b.isolation(), "the isolation file")
            if not b.isolation()["memory"].startswith("yes"):
                self.skipTest("no memory controller below our own control group: " + b.isolation()["memory"])
            self.assertTrue(b.cgroups())
            for directory in b.cgroups():
                self.assertIn(b.dir.name, directory)
                members = set(pathlib.Path(directory, "cgroup.procs").read_text().split())
                self.assertLessEqual({str(pid) for pid in box.marked(marker)}, members)
                self.assertNotIn(str(b.process.pid), members)
            b.process.terminate()
            b.process.wait(10)
            self.assertEqual([d for d in b.cgroups() if os.path.exists(d)], [])

    def test_a_required_feature_is_applied_or_the_start_fails(self):
        ok = box.run(["/bin/true"], require="userns,pidns,mountns,netns,ipcns,utsns,ids,caps,seccomp")
        self.assertEqual(ok.code, 0, ok.err)
        for wanted in ("memory", "nonsense", "pids,nonsense"):
            result = box.run(["/bin/true"], require=wanted)
            self.assertEqual(result.code, 125)
            self.assertIn("sandbox: require", result.err)

    def test_what_was_applied_is_written(self):
        result = box.run(["/bin/true"])
        self.assertLessEqual({"userns", "pidns", "mountns", "netns", "landlock", "seccomp", "memory", "pids", "fork"}, set(result.isolated))
        self.assertTrue(result.isolated["fork"].startswith("no"))


if __name__ == "__main__":
    unittest.main()
