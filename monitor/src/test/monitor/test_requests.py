"""Limits, requests and garbage."""

import errno
import json
import os
import resource
import signal
import socket
import subprocess
import unittest

from rig import MonitorTest, PATIENCE, alive, await_that, exchange, read_line

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


class Requests(MonitorTest):
    def ready(self, task):
        await_that(lambda: task.out(), "the command to be ready")

    def test_a_timeout_ends_even_who_ignores_sigterm(self):
        task = self.shell("trap '' TERM; while :; do sleep 0.05; done", timeout_ms=100, grace_ms=100)
        self.spawn(task)
        status = task.ended()
        self.assertEqual(("timeout", 9, -1), (status["cause"], status["signal"], status["exit_code"]))

    def test_a_timeout_asks_first(self):
        task = self.shell("trap 'exit 42' TERM; while :; do sleep 0.02; done", timeout_ms=300, grace_ms=20000)
        self.spawn(task)
        status = task.ended()
        self.assertEqual(("timeout", 0, 42), (status["cause"], status["signal"], status["exit_code"]))

    def test_too_much_output_ends_it(self):
        task = self.task("yes", output_max=100_000)
        self.spawn(task)
        status = task.ended()
        self.assertEqual(("output", 9), (status["cause"], status["signal"]))

    def test_output_within_the_limit_does_not(self):
        task = self.shell("head -c 50000 /dev/zero; head -c 50000 /dev/zero >&2; sleep 0.3", output_max=100_000)
        self.spawn(task)
        status = task.ended()
        self.assertEqual(("", 0), (status["cause"], status["exit_code"]))

    def test_kill_sends_any_signal(self):
        task = self.shell("trap 'echo usr1' USR1; echo ready; while :; do sleep 0.02; done")
        self.spawn(task)
        self.ready(task)
        self.assertTrue(task.ask("kill", signal=signal.SIGUSR1)["ok"])
        await_that(lambda: "usr1" in task.out(), "the signal to arrive")
        self.assertTrue(task.ask("kill", signal=9)["ok"])
        status = task.ended()
        self.assertEqual(("asked", 9), (status["cause"], status["signal"]))

    def test_stop_is_patient_once(self):
        task = self.shell(STUBBORN, grace_ms=300)
        self.spawn(task)
        self.ready(task)
        self.assertEqual("stopping", task.ask("stop")["status"]["state"])
        self.assertTrue(task.ask("stop")["ok"])
        status = task.ended()
        self.assertEqual(("asked", 9), (status["cause"], status["signal"]))

    def test_sigterm_to_the_monitor_stops_the_command(self):
        task = self.task("sleep", "60")
        status = self.spawn(task)
        os.kill(status["monitor"], signal.SIGHUP)
        os.kill(status["monitor"], signal.SIGTERM)
        status = task.ended()
        self.assertEqual(("asked", 15), (status["cause"], status["signal"]))
        self.assertIn("a signal that means nothing to a monitor: 1", (task.dir / "monitor.log").read_text())

    def test_a_command_can_wait_to_be_started(self):
        task = self.shell("exit 6", start="asked")
        status = self.spawn(task)
        self.assertEqual(("waiting", 0), (status["state"], status["pid"]))
        reply = task.ask("kill", signal=9)
        self.assertEqual((False, errno.ESRCH), (reply["ok"], reply["errno"]))
        self.assertTrue(task.ask("start")["ok"])
        self.assertEqual(6, task.ended()["exit_code"])

    def test_a_waiting_command_can_be_cancelled(self):
        task = self.shell("exit 6", start="asked")
        self.spawn(task)
        task.ask("stop")
        status = task.ended()
        self.assertEqual(("failed", errno.ECANCELED, "stop"), tuple(status[k] for k in ("state", "errno", "stage")))

    def test_starting_twice_is_refused(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        reply = task.ask("start")
        self.assertEqual((False, errno.EALREADY), (reply["ok"], reply["errno"]))

    def test_garbage_is_answered_and_the_connection_goes_on(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        with task.connect() as client:
            for line in (b"", b"x", b"{}", b"\xff\xfe", b'{"v":1,"id":3,"cmd":"dance"}', b'{"v":9,"id":3,"cmd":"stop"}', b"a\0b"):
                reply = exchange(client, line)
                self.assertEqual((False, "request"), (reply["ok"], reply["stage"]), line)
            two = b'{"v":1,"id":1,"cmd":"status"}\n{"v":1,"id":2,"cmd":"sta'
            client.sendall(two)
            self.assertEqual(1, json.loads(read_line(client))["id"])
            self.assertEqual(2, exchange(client, b'tus"}')["id"])

    def test_an_endless_line_is_answered_and_closed(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        with task.connect() as client:
            client.sendall(b"x" * 512)
            self.assertEqual(errno.E2BIG, json.loads(read_line(client))["errno"])
            self.assertEqual(b"", client.recv(10))
        self.assertTrue(task.ask("status")["ok"])

    def test_a_ninth_client_takes_the_oldest_place(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        clients = [task.connect() for _ in range(8)]
        for client in clients:
            exchange(client, dict(v=1, id=1, cmd="status"))
        exchange(clients[0], dict(v=1, id=1, cmd="status"))
        with task.connect() as ninth:
            self.assertTrue(exchange(ninth, dict(v=1, id=1, cmd="status"))["ok"])
            self.assertEqual(b"", clients[1].recv(10))
            self.assertTrue(exchange(clients[0], dict(v=1, id=1, cmd="status"))["ok"])
        for client in clients:
            client.close()

    def test_a_client_that_never_reads_is_dropped_and_harms_nobody(self):
        task = self.task("sleep", "60")
        self.spawn(task)
        with task.connect() as client:
            client.setblocking(False)
            line = b'{"v":1,"id":1,"cmd":"status"}\n'

            def dropped():
                try:
                    for _ in range(1000):
                        client.send(line)
                except BlockingIOError:
                    return False
                except (BrokenPipeError, ConnectionResetError):
                    return True
                return False

            await_that(dropped, "the monitor to drop it")
        self.assertTrue(task.ask("status")["ok"])

    def test_other_users_are_turned_away(self):
        if os.geteuid() != 0:
            self.skipTest("only root can try it as somebody else")
        task = self.task("sleep", "60")
        self.spawn(task)
        task.dir.chmod(0o777)
        (task.dir / "monitor.sock").chmod(0o777)
        code = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])\ntry: s.send(b'x\\n'); print(s.recv(10))\nexcept OSError as e: print(b'')"
        seen = subprocess.run(
            ["/usr/bin/python3", "-ISc", code, str(task.dir / "monitor.sock")], user=65534, group=65534, extra_groups=[],
            capture_output=True, text=True, timeout=PATIENCE,
        )
        self.assertEqual("b''\n", seen.stdout, seen.stderr)
        self.assertIn("another user", (task.dir / "monitor.log").read_text())

    def test_after_the_command_was_reaped_no_signal_is_sent(self):
        """The pid may belong to somebody else by then. The monitor is held back by a status that it cannot write."""
        task = self.shell("while [ ! -e '%s/go' ]; do sleep 0.01; done" % self.home)
        status = self.spawn(task)
        resource.prlimit(status["monitor"], resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        (self.home / "go").write_text("")
        await_that(lambda: task.ask("status")["status"]["state"] == "exited", "the end to be known")
        self.assertFalse(alive(status["pid"]))
        for request in (dict(cmd="kill", signal=9), dict(cmd="stop")):
            reply = task.ask(**request)
            self.assertEqual((False, errno.ESRCH), (reply["ok"], reply["errno"]), reply)
        self.assertTrue((task.dir / "pid").exists())
        resource.prlimit(status["monitor"], resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertEqual(0, task.ended()["exit_code"])
        await_that(lambda: not alive(status["monitor"]), "the monitor to end")

    def test_an_oom_kill_of_its_cgroup_is_a_cause_and_the_cgroup_is_removed(self):
        parent = "/sys/fs/cgroup/memory"
        if os.geteuid() != 0 or not os.access(f"{parent}/memory.limit_in_bytes", os.F_OK):
            self.skipTest("needs root and a version 1 memory cgroup")
        group = f"{parent}/mayfly-test-{os.getpid()}"
        os.mkdir(group)
        self.addCleanup(lambda: os.path.exists(group) and os.rmdir(group))
        with open(f"{group}/memory.limit_in_bytes", "w") as limit:
            limit.write(str(32 << 20))
        task = self.shell(f"echo $$ > {group}/cgroup.procs; exec python3 -ISc 'x = bytearray(200 << 20)'")
        (task.dir / "cgroups").write_text(group + "\n")
        self.spawn(task)
        status = task.ended()
        self.assertEqual(("memory", 9), (status["cause"], status["signal"]))
        self.assertFalse(os.path.exists(group))


if __name__ == "__main__":
    unittest.main()
