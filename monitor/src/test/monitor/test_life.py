"""What a command gets and what is told about it."""

import errno
import json
import os
import pathlib
import socket
import subprocess
import unittest

from rig import PATH, PATIENCE, MonitorTest, Spawner, alive, await_that, start_time


class Life(MonitorTest):
    def test_a_command_runs_and_its_end_is_told(self):
        task = self.shell("echo out; echo err >&2; exit 3", env=[PATH, "A=b c"])
        running = self.spawn(task)
        self.assertEqual(task.dir.name, running["task"])
        status = task.ended()
        self.assertEqual(("exited", 3, 0, ""), tuple(status[k] for k in ("state", "exit_code", "signal", "cause")))
        self.assertEqual("out\n", task.out())
        self.assertEqual("err\n", (task.dir / "stderr").read_text())
        self.assertGreater(status["seq"], running["seq"])
        self.assertLessEqual(status["started_ms"], status["ended_ms"])
        self.assertGreater(status["max_rss_bytes"], 100_000)
        self.assertEqual(sorted(["lock", "spec", "status", "stderr", "stdout"]), sorted(os.listdir(task.dir)))

    def test_it_gets_exactly_its_environment_directory_and_signals(self):
        task = self.shell("/usr/bin/env; pwd; umask", env=["ONLY=this", PATH], cwd="/usr")
        self.spawn(task)
        task.ended()
        lines = [l for l in task.out().splitlines() if not l.startswith(("PWD=", "OLDPWD=", "SHLVL=", "_="))]
        self.assertEqual(sorted(["ONLY=this", PATH]), sorted(lines[:2]))
        self.assertEqual(["/usr", "0022"], lines[2:])
        signals = self.task("grep", "-E", "SigBlk|SigIgn", "/proc/self/status")
        self.spawn(signals)
        signals.ended()
        self.assertEqual("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", signals.out())

    def descriptors(self, pid):
        links = []
        for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
            try:
                links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except FileNotFoundError:
                pass  # the loader or the shell had it for a moment
        return links

    def test_it_gets_no_descriptor_but_0_1_2(self):
        """However many its ancestors had: through the spawner, and through the role that does not close any itself."""
        secret = self.home / "secret"
        secret.write_text("x")
        extra = [os.open(secret, os.O_RDONLY) for _ in range(120)]
        self.spawner.close()
        self.spawner = Spawner(self.binary, pass_fds=extra)
        spawned, direct = (self.shell("touch ready; exec sleep 60", cwd="/proc/self/cwd") for _ in range(2))
        self.spawn(spawned)
        subprocess.run([self.binary, "monitor", direct.dir], pass_fds=extra, capture_output=True, timeout=PATIENCE)
        for fd in extra:
            os.close(fd)
        for task in (spawned, direct):
            await_that((task.dir / "ready").exists, "the command to run")
            status = task.status()
            here = str(task.dir.resolve())
            expected = ["/dev/null", f"{here}/stdout", f"{here}/stderr"]
            await_that(lambda: self.descriptors(status["pid"]) == expected, f"{self.descriptors(status['pid'])} to be {expected}")
            self.assertNotIn(str(secret.resolve()), self.descriptors(status["monitor"]))
            self.assertEqual(status["pid"], os.getsid(status["pid"]))
            self.assertEqual(status["monitor"], os.getsid(status["monitor"]))

    def test_a_signal_that_ends_it_is_told(self):
        task = self.shell("kill -SEGV $$")
        self.spawn(task)
        status = task.ended()
        self.assertEqual((-1, 11, ""), (status["exit_code"], status["signal"], status["cause"]))

    def test_the_memory_limit_is_applied(self):
        task = self.shell("ulimit -v", memory=256 << 20)
        self.spawn(task)
        task.ended()
        self.assertEqual("262144\n", task.out())

    def failure(self, task):
        reply = self.spawner.spawn(task)
        self.assertTrue(reply["ok"], reply)
        self.assertEqual("failed", reply["status"]["state"])
        self.assertEqual(reply["status"], task.status(), "what was replied is durable")
        self.assertEqual(-1, reply["status"]["exit_code"])
        self.assertFalse((task.dir / "pid").exists())
        return reply["status"]["stage"], reply["status"]["errno"], reply["status"]["detail"]

    def test_what_cannot_be_executed_has_a_stage_and_an_errno(self):
        script = self.home / "script"
        script.write_text("no interpreter line")
        script.chmod(0o755)
        self.assertEqual(("execve", errno.ENOENT, ""), self.failure(self.task("no-such-program")))
        self.assertEqual(("execve", errno.ENOENT, ""), self.failure(self.task("/no/such/program")))
        self.assertEqual(("execve", errno.EACCES, ""), self.failure(self.task("/etc/passwd")))
        self.assertEqual(("execve", errno.ENOEXEC, ""), self.failure(self.task(str(script))))
        self.assertEqual(("chdir", errno.ENOENT, ""), self.failure(self.task("true", cwd="/no/such")))

    def test_a_spec_that_is_wrong_names_the_key(self):
        self.assertEqual(("spec", errno.EINVAL, "colour: unknown key"), self.failure(self.task("true", colour="red")))
        missing = self.task("true")
        (missing.dir / "spec").unlink()
        self.assertEqual(("spec", errno.ENOENT, "spec: cannot be read"), self.failure(missing))

    def test_what_was_in_the_way_is_named(self):
        for name, stage in (("pid", "pid"), ("stdout", "stdout"), ("stderr", "stderr"), ("monitor.sock", "socket")):
            task = self.task("true")
            (task.dir / name).mkdir()
            reply = self.spawner.spawn(task)
            self.assertEqual(("failed", stage), (reply["status"]["state"], reply["status"]["stage"]), reply)
        task = self.task("true")
        (task.dir / "stdout").symlink_to("/etc/motd")
        self.assertEqual(("stdout", errno.ELOOP), self.failure(task)[:2])

    def test_reports_reach_the_node_and_their_loss_harms_nothing(self):
        node = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(node.close)
        node.bind(str(self.home / "node.sock"))
        node.settimeout(20)
        task = self.shell("exit 4", report="../node.sock")
        self.spawn(task)
        seen = []
        while not seen or seen[-1]["state"] != "exited":
            seen.append(json.loads(node.recv(4096)))
        self.assertEqual(sorted(s["seq"] for s in seen), [s["seq"] for s in seen])
        self.assertEqual((task.dir.name, 4), (seen[-1]["task"], seen[-1]["exit_code"]))
        unheard = self.shell("exit 5", report="../nobody.sock")
        self.spawn(unheard)
        self.assertEqual(5, unheard.ended()["exit_code"])
        self.assertIn("a report did not arrive", (unheard.dir / "monitor.log").read_text())

    def test_the_pid_file_names_command_and_monitor_for_good(self):
        task = self.task("sleep", "60")
        status = self.spawn(task)
        self.assertEqual(128, (task.dir / "pid").stat().st_size)
        who = task.pid_file()
        self.assertEqual((status["pid"], start_time(status["pid"])), (who["pid"], who["start"]))
        self.assertEqual((status["monitor"], start_time(status["monitor"])), (who["monitor"], who["monitor_start"]))
        self.assertEqual(pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip(), who["boot"])
        self.assertEqual((who["start"], who["boot"]), (status["start"], status["boot"]))

    def test_descendants_that_left_are_swept(self):
        script = "(setsid sh -c 'echo $$ >> %s; (setsid sleep 1000 & echo $! >> %s); sleep 1000' &) ; while [ $(wc -l < %s) -lt 2 ]; do :; done"
        pids = self.home / "pids"
        pids.write_text("")
        task = self.shell(script % (pids, pids, pids))
        self.spawn(task)
        self.assertEqual(0, task.ended()["exit_code"])
        left = [int(p) for p in pids.read_text().split()]
        self.assertEqual(2, len(left))
        self.assertEqual([], [p for p in left if alive(p)])

    def test_a_family_that_keeps_forking_is_swept(self):
        pids = self.home / "pids"
        code = (
            "import os, time\n"
            "for i in range(60):\n"
            " if os.fork() == 0:\n"
            "  os.setsid()\n"
            "  while True:\n"
            "   p = os.fork()\n"
            "   if p: os._exit(0)\n"
            "   f = os.open(%r, os.O_WRONLY|os.O_APPEND|os.O_CREAT, 0o600); os.write(f, b'%%d\\n' %% os.getpid()); os.close(f)\n"
            "   time.sleep(0.005)\n"
            "time.sleep(0.2)\n"
        ) % str(pids)
        task = self.task("/usr/bin/python3", "-ISc", code)
        self.spawn(task)
        status = task.ended()
        self.assertEqual("", status["detail"])
        self.assertEqual([], [p for p in pids.read_text().split() if alive(p)])


if __name__ == "__main__":
    unittest.main()
