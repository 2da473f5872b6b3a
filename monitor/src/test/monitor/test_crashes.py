"""What is left when somebody is killed, the disk is full, or the directory is not what it should be."""

import errno
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import unittest

from rig import PATIENCE, MonitorTest, Spawner, alive, await_that


class Crashes(MonitorTest):
    def test_the_command_outlives_its_monitor(self):
        task = self.task("sleep", "60")
        status = self.spawn(task)
        self.assertFalse(task.lock_is_free())
        os.kill(status["monitor"], signal.SIGKILL)
        await_that(task.lock_is_free, "the lock to be free")
        self.assertTrue(alive(status["pid"]))
        self.assertEqual("running", task.status()["state"])
        self.assertEqual(status["pid"], task.pid_file()["pid"])
        with self.assertRaises(ConnectionRefusedError):
            task.connect()
        again = self.spawner.spawn(task)
        self.assertEqual((False, "status", errno.EEXIST), tuple(again[k] for k in ("ok", "stage", "errno")))

    def test_the_caller_may_end_at_once(self):
        task = self.task("sleep", "60")
        status = self.spawn(task)
        stat = pathlib.Path(f"/proc/{status['monitor']}/stat").read_text().rsplit(")", 1)[1].split()
        self.assertNotIn(int(stat[1]), (os.getpid(), self.spawner.process.pid), "the monitor is nobody's child but init's")
        self.assertEqual(0, self.spawner.close())
        self.assertTrue(task.ask("status")["ok"])
        self.assertTrue(alive(status["pid"]))

    def test_a_spawner_killed_at_any_moment_leaves_all_or_nothing(self):
        dice = random.Random(7)
        for _ in range(8):
            spawner = Spawner(self.binary)
            tasks = [self.task("sleep", "60") for _ in range(20)]
            for task in tasks:
                spawner.send(task.dir)
            for _ in range(dice.randrange(12)):
                spawner.reply()
            spawner.process.kill()
            spawner.process.wait(PATIENCE)
            spawner.process.stdin.close()
            spawner.process.stdout.close()
            for task in tasks:
                self.settle(task)

    def settle(self, task):
        """What was never started can be started again; what was under way wins, and is found by looking again."""

        def running():
            status = task.status()
            if status is None and (not (task.dir / "lock").exists() or task.lock_is_free()):
                reply = self.spawner.spawn(task)
                self.assertTrue(reply["ok"] or reply["stage"] in ("lock", "status"), reply)
            return status and status["state"] == "running"

        await_that(running, "the directory to settle")
        self.assertTrue(alive(task.ask("status")["status"]["pid"]))

    def test_a_second_monitor_is_refused_by_name(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        reply = self.spawner.spawn(task)
        self.assertEqual((False, "lock", errno.EAGAIN), tuple(reply[k] for k in ("ok", "stage", "errno")))
        self.assertEqual("another monitor holds this directory", reply["error"])
        self.assertTrue(task.ask("status")["ok"])

    def test_a_directory_is_used_once(self):
        task = self.task("true")
        self.spawn(task)
        before = task.ended()
        reply = await_that(lambda: (r := self.spawner.spawn(task))["stage"] != "lock" and r, "the monitor to end")
        self.assertEqual((False, "status", errno.EEXIST), tuple(reply[k] for k in ("ok", "stage", "errno")))
        self.assertEqual(before, task.status())

    def test_a_stale_socket_is_no_obstacle(self):
        task = self.task("sleep", "60")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(str(task.dir / "monitor.sock"))
        stale.close()
        (task.dir / "lock").write_text("")
        self.spawn(task)
        self.assertTrue(task.ask("status")["ok"])

    def test_long_paths(self):
        home = self.home
        for _ in range(6):
            home = home / ("d" * 200)
        task = self.task("sleep", "60", home=home, name="t" * 128)
        self.assertGreater(len(str(task.dir)), 1000)
        self.spawn(task)
        self.assertTrue(task.ask("status")["ok"])
        short = self.task("true", home=self.home / ("e" * 200))
        self.spawn(short)
        self.assertEqual(0, short.ended()["exit_code"])

    def test_directories_that_are_none(self):
        for path, stage in ((self.home / "missing", "chdir"), (self.home / "mayfly-monitor", "chdir"), (pathlib.Path("/"), "name")):
            self.spawner.send(path)
            reply = self.spawner.reply()
            self.assertEqual((False, stage), (reply["ok"], reply["stage"]))
        odd = self.home / "a b"
        odd.mkdir()
        self.spawner.send(odd)
        self.assertEqual("name", self.spawner.reply()["stage"])
        self.assertEqual([], os.listdir(odd))

    def test_a_hundred_spawns_at_once(self):
        tasks = [self.task("sleep", "60") for _ in range(100)]
        ids = {self.spawner.send(task.dir): task for task in tasks}
        replies = [self.spawner.reply() for _ in tasks]
        self.assertEqual(set(ids), {r["id"] for r in replies})
        self.assertEqual({"running"}, {r["status"]["state"] for r in replies})
        self.assertEqual(100, len({r["status"]["pid"] for r in replies}))
        for reply in replies:
            self.assertEqual(ids[reply["id"]].dir.name, reply["status"]["task"])
        for task in tasks:
            task.ask("kill", signal=9)
        for task in tasks:
            self.assertEqual(9, task.ended()["signal"])

    def test_every_request_has_one_answer_even_past_its_deadline(self):
        tasks = [self.task("true") for _ in range(40)]
        ids = {self.spawner.send(task.dir, deadline_ms=1) for task in tasks}
        replies = [self.spawner.reply() for _ in tasks]
        self.assertEqual(ids, {r["id"] for r in replies})
        for reply in replies:
            self.assertTrue(reply["ok"] or reply["stage"] == "deadline", reply)
        for task in tasks:
            self.assertEqual(0, task.ended()["exit_code"])

    def test_garbage_requests_are_answered_and_the_spawner_goes_on(self):
        garbage = [b"", b"{", b"null", b'{"v":1}', b"\xff\xff", b"x\0y", b'{"v":1,"id":1,"cmd":"spawn","dir":"relative"}']
        for line in garbage:
            self.spawner.write(line + b"\n")
            reply = self.spawner.reply()
            self.assertEqual((False, "request"), (reply["ok"], reply["stage"]), line)
        self.spawner.write(b"x" * 100_000 + b"\n")
        self.assertEqual(errno.E2BIG, self.spawner.reply()["errno"])
        task = self.task("true")
        self.spawn(task)
        self.assertEqual(0, task.ended()["exit_code"])

    def test_a_spawner_without_standard_descriptors(self):
        task = self.task("sleep", "60")
        line = json.dumps(dict(v=1, id=1, cmd="spawn", dir=str(task.dir)))
        done = subprocess.run(f"'{self.binary}' spawner 2>&-", shell=True, input=line + "\n", capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(0, done.returncode)
        await_that(lambda: task.status() and task.status()["state"] == "running", "it to run")

    def test_the_shell_role_does_the_same(self):
        task = self.task("true")
        done = subprocess.run([self.binary, "monitor", task.dir], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((0, True, 0), (done.returncode, json.loads(done.stdout)["ok"], json.loads(done.stdout)["id"]))
        task.ended()
        await_that(task.lock_is_free, "the monitor to end")
        done = subprocess.run([self.binary, "monitor", task.dir], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((1, "status"), (done.returncode, json.loads(done.stdout)["stage"]))
        self.assertEqual(2, subprocess.run([self.binary, "monitor"], capture_output=True, timeout=PATIENCE).returncode)

    def test_a_full_disk_loses_no_end(self):
        flags = "-m" if os.geteuid() == 0 else "-Urm"
        disk = self.home / "disk"
        disk.mkdir()
        if subprocess.run(["unshare", flags, "mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True, timeout=PATIENCE).returncode:
            self.skipTest("this host gives no private mount namespace")
        script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1" "$4"'
        here = pathlib.Path(__file__).parent / "full_disk.py"
        done = subprocess.run(
            ["unshare", flags, "sh", "-c", script, "sh", disk, sys.executable, here, self.binary],
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual("ok\n", done.stdout, done.stderr)

    def test_a_normal_user(self):
        if os.geteuid() != 0:
            self.skipTest("this is one already")
        home = self.home / "theirs"
        home.mkdir()
        os.chown(home, 65534, 65534)
        task = self.task("id", "-u", home=home)
        for path in (task.dir, task.dir / "spec"):
            os.chown(path, 65534, 65534)
        spawner = Spawner(self.binary, user=65534, group=65534, extra_groups=[])
        self.assertTrue(spawner.spawn(task)["ok"])
        self.assertEqual(0, task.ended()["exit_code"])
        self.assertEqual("65534\n", task.out())
        self.assertEqual(0, spawner.close())


if __name__ == "__main__":
    unittest.main()
