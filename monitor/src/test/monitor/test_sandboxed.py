"""Monitor and launcher together: what PROTOCOL.md section 7 agrees on. What a sandbox keeps in and out is tested elsewhere."""

import errno
import os
import subprocess
import unittest

from rig import MonitorTest, alive, await_that


class Sandboxed(MonitorTest):
    def setUp(self):
        super().setUp()
        probe = self.task("true", sandbox="process", require="pidns,mountns")
        reply = self.spawner.spawn(probe)
        if reply["status"]["state"] == "failed":
            self.skipTest(f"this host gives no such sandbox: {reply['status']['stage']}")
        probe.ended()

    def test_its_end_is_the_commands_end(self):
        task = self.shell("echo in; exit 7", sandbox="process")
        self.spawn(task)
        self.assertEqual((7, 0), (task.ended()["exit_code"], task.ended()["signal"]))
        self.assertEqual("in\n", task.out())
        signalled = self.shell("kill -KILL $$", sandbox="process")
        self.spawn(signalled)
        self.assertIn(signalled.ended()["signal"] or signalled.ended()["exit_code"] - 128, (9,))

    def test_what_cannot_be_executed_has_a_stage(self):
        for stage, code, keys in (("execve", errno.ENOENT, {}), ("sandbox: require nonsense", None, dict(require="nonsense"))):
            task = self.task("no-such-program", sandbox="process", **keys)
            status = self.spawner.spawn(task)["status"]
            self.assertEqual(("failed", stage), (status["state"], status["stage"]))
            self.assertIn(code, (None, status["errno"]))
            self.assertFalse(alive(status["pid"]))

    def test_a_stop_reaches_the_command(self):
        task = self.shell("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.02; done", sandbox="process")
        self.spawn(task)
        await_that(task.out, "the command to be ready")
        task.ask("stop")
        status = task.ended()
        self.assertEqual((9, "asked"), (status["exit_code"], status["cause"]))
        self.assertEqual("ready\nbye\n", task.out())

    def test_sigkill_leaves_nothing(self):
        mark = f"sleep 98{os.getpid()}"
        task = self.shell(f"({mark} &) ; setsid {mark} & echo ready; {mark}", sandbox="process")
        self.spawn(task)
        await_that(task.out, "the command to be ready")
        task.ask("kill", signal=9)
        self.assertEqual(9, task.ended()["signal"])
        left = subprocess.run(["pgrep", "-f", mark], capture_output=True, text=True).stdout.split()
        self.assertEqual([], [pid for pid in left if alive(pid)])

    def test_memory_above_the_cgroups_limit_is_a_cause(self):
        parent = "/sys/fs/cgroup/memory"
        if os.geteuid() != 0 or not os.access(f"{parent}/memory.limit_in_bytes", os.F_OK):
            self.skipTest("needs root and a version 1 memory cgroup")
        task = self.task("python3", "-ISc", "x = bytearray(300 << 20)", sandbox="process", memory=32 << 20, cgroup=parent)
        self.spawn(task)
        self.assertEqual("memory", task.ended()["cause"])
        cgroups = (task.dir / "cgroups").read_text().splitlines()
        self.assertNotEqual([], cgroups)
        self.assertEqual([], [g for g in cgroups if os.path.exists(g)])


if __name__ == "__main__":
    unittest.main()
