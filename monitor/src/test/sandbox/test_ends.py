"""Promise: a sandbox ends as its command ended, at any kill, and leaves nothing behind."""

import os
import random
import signal
import subprocess
import unittest

import box


class Ends(unittest.TestCase):
    def test_exit_codes_and_signals_pass_through(self):
        for init in ("reap", "none"):
            for code in (0, 1, 42, 255):
                self.assertEqual(box.run(["/bin/sh", "-c", f"exit {code}"], init=init).code, code)
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGUSR1):
            self.assertEqual(box.run(["/bin/sh", "-c", f"kill -{int(number)} $$"]).code, -number)

    def test_failures_before_the_command_are_told_apart(self):
        cases = [(["/nonexistent"], {}, "execve: No such file"), (["/etc/passwd"], {}, "execve: Permission denied"),
                 (["/bin/true"], {"cwd": "/nonexistent"}, "chdir: No such file"), (["nowhere"], {}, "execve: No such file"),
                 (["/bin/true"], {"listen": "x" * 100 + "y"}, "listen")]
        for argv, keys, expected in cases:
            result = box.run(argv, **keys)
            self.assertEqual(result.code, 125, argv)
            self.assertIn(expected, result.err)

    def test_the_error_pipe_gets_one_record(self):
        for argv, expected in ((["/nonexistent"], (2, "execve")), (["/bin/true"], None)):
            read, write = os.pipe()
            with box.Box(argv) as b:
                process = subprocess.Popen([box.BINARY, "sandbox", str(b.dir), str(write)], pass_fds=[write], env={})
                os.close(write)
                record = os.read(read, 1000)
                process.wait(10)
            os.close(read)
            told = (int.from_bytes(record[:4], "little"), record[4:].rstrip(b"\0").decode()) if record else None
            self.assertEqual(told, expected)
            self.assertIn(len(record), (0, 64))

    def test_signals_are_passed_on(self):
        script = "trap 'echo got term; exit 5' TERM; trap 'echo got usr1' USR1; echo ready; while :; do sleep 0.05; done"
        with box.Box(["/bin/sh", "-c", script]) as b:
            b.start()
            self.assertEqual(b.process.stdout.readline(), "ready\n")
            b.process.send_signal(signal.SIGUSR1)
            self.assertEqual(b.process.stdout.readline(), "got usr1\n")
            b.process.send_signal(signal.SIGTERM)
            self.assertEqual(b.process.wait(10), 5)

    def test_kill_of_the_launcher_kills_everything_inside(self):
        for keys in ({}, {"init": "none"}, {"caps": "fork", "seccomp": "agent"}):
            marker = box.unique_seconds()
            with box.Box(["/bin/sh", "-c", f"(setsid sleep {marker} &); trap '' TERM HUP; echo up; sleep {marker}"], **keys) as b:
                b.start()
                self.assertEqual(b.process.stdout.readline(), "up\n")
                b.process.kill()
                b.process.wait(10)
                box.await_gone(marker)

    def test_kill_of_the_launcher_at_any_moment_leaves_nothing(self):
        seed = int(os.environ.get("BOX_SEED", random.randrange(1 << 30)))
        print(f"BOX_SEED={seed}", flush=True)
        rng = random.Random(seed)
        marker = box.unique_seconds()
        before = box.host_mounts()
        for _ in range(60):
            with box.Box(["/bin/sleep", marker], pids=20) as b:
                b.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                box.select.select([], [], [], rng.random() * 0.006)  # where in its start, not how long we wait for something
                b.process.kill()
                b.process.wait(10)
                box.await_gone(str(b.dir))
                box.await_gone(marker)
                forget_cgroups(b)
        self.assertEqual(box.host_mounts(), before)

    def test_nothing_is_left_after_a_normal_end(self):
        marker = box.unique_seconds()
        before = box.host_mounts()
        with box.Box(["/bin/sh", "-c", f"(setsid sleep {marker} &); exit 0"], listen="work.sock", memory=64 << 20, pids=20) as b:
            b.run()
            self.assertEqual(b.code, 0, b.err)
            box.await_gone(marker)
            self.assertEqual(set(os.listdir(b.dir)) - {"spec", "isolation", "cgroups", "work.sock"}, set())
            for directory in b.cgroups():
                self.assertFalse(os.path.exists(directory), directory)
        self.assertEqual(box.host_mounts(), before)

    def test_a_task_outlives_its_monitor(self):
        marker = box.unique_seconds()
        with box.Box(["/bin/sh", "-c", f"echo up; exec sleep {marker}"]) as b:
            started = subprocess.run([box.BINARY, "monitor", str(b.dir)], capture_output=True, text=True, timeout=20)
            self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
            pid, _, _, monitor, _ = (b.dir / "pid").read_text().split()
            box.await_that(lambda: (b.dir / "stdout").read_text() == "up\n", "the first output")
            os.kill(int(monitor), signal.SIGKILL)
            box.await_that(lambda: not alive(int(monitor)), "the monitor's death")
            self.assertTrue(alive(int(pid)))
            self.assertTrue(box.marked(marker))
            os.kill(int(pid), signal.SIGKILL)  # now nobody is left but the kernel to clean up
            box.await_gone(marker)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def forget_cgroups(b):
    """What the monitor does after a kill of the launcher."""
    for directory in b.cgroups():
        def removed():
            try:
                os.rmdir(directory)
                return True
            except FileNotFoundError:
                return True
            except OSError:
                return False

        box.await_that(removed, "an empty control group")


if __name__ == "__main__":
    unittest.main()
