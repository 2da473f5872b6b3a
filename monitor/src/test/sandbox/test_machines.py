"""Promise: with init=accept each connection is a fresh machine, and its end of file means that nothing of it is left."""

import os
import shutil
import signal
import socket
import unittest

import box
import frames

FD3 = "exec <&3 >&3 2>/dev/null; "  # a shell program that talks on its connection


def read_all(client):
    data = b""
    while True:
        try:
            part = client.recv(65536)
        except ConnectionResetError:  # it ended without reading what we sent
            part = b""
        if not part:
            return data
        data += part


class Machines(unittest.TestCase):
    def serve(self, script, **keys):
        b = box.Box(["/bin/sh", "-c", FD3 + script], init="accept", listen="work.sock", seccomp="agent", **keys)
        self.addCleanup(b.close)
        return b.start()

    def ask(self, b, data=b"\n"):
        with b.connect() as client:
            client.sendall(data)
            return read_all(client)

    def test_each_connection_has_its_own_processes_and_tmp(self):
        b = self.serve("read x; echo $$; ls -A /tmp /dev/shm; ls -d /proc/[0-9]* | wc -l; echo $x > /tmp/state; (sleep 999 &)")
        for _ in range(3):
            lines = self.ask(b).split(b"{")[0].decode(errors="replace").split()
            self.assertEqual(lines[:3], ["1", "/dev/shm:", "/tmp:"])
            self.assertLessEqual(int(lines[3]), 3)

    def test_it_has_no_descriptor_but_its_connection(self):
        b = self.serve("ls /proc/self/fd")
        with b.connect() as one, b.connect() as two:
            self.assertEqual(read_all(one).decode(errors="replace").split()[:5], ["0", "1", "2", "3", "4"])  # 4: the listing
            self.assertEqual(read_all(two).decode(errors="replace").split()[:5], ["0", "1", "2", "3", "4"])

    def test_it_has_no_capabilities_and_makes_no_mounts(self):
        b = self.serve("grep -E 'Cap|filters' /proc/self/status; mount -t tmpfs x /tmp && echo MOUNTED; unshare -U true && echo UNSHARED; echo end")
        answer = self.ask(b).decode(errors="replace")
        self.assertEqual(answer.count("0000000000000000"), 5)
        self.assertIn("Seccomp_filters:\t2", answer)  # process 1 may clone and mount; the second filter takes that away
        self.assertNotIn("MOUNTED", answer)
        self.assertNotIn("UNSHARED", answer)

    def test_it_is_killed_when_its_peer_goes(self):
        for leave in (lambda c: c.shutdown(socket.SHUT_WR), lambda c: c.close()):
            marker = box.unique_seconds()
            b = self.serve(f"trap '' TERM HUP; (setsid sleep {marker} &) ; echo up; sleep {marker}; sleep {marker}")
            client = b.connect()
            self.assertEqual(client.recv(3), b"up\n")
            leave(client)
            if client.fileno() >= 0:
                self.assertEqual(read_all(client), b"")
                self.assertEqual([p for p in box.marked("sleep") if marker in cmdline(p)[-1:]], [])
            box.await_that(lambda: not [p for p in box.marked(marker) if "sleep" in cmdline(p)[0]], "the machine's end")
            client.close()

    def test_its_end_is_told_and_takes_its_children(self):
        marker = box.unique_seconds()
        b = self.serve(f"(setsid sleep {marker} &) ; exit 3")
        with b.connect() as client:
            self.assertEqual(frames.receive(client), (frames.RESPONSE, {"status": "exited", "code": 3}, b""))
            self.assertEqual(read_all(client), b"")
            self.assertEqual([p for p in box.marked(marker) if "sleep" in cmdline(p)[0]], [])

    def test_a_crash_has_a_name(self):
        if not shutil.which("gcc"):
            self.skipTest("no gcc to build a crashing program with")
        b = self.serve("exec python3 -I -S -c 'import ctypes; ctypes.string_at(0)'")
        with b.connect() as client:
            self.assertEqual(frames.receive(client)[1], {"status": "exited", "signal": signal.SIGSEGV})

    def test_more_than_the_limit_are_refused(self):
        # one process each: a machine whose shell could not fork any more would end and make room for another
        b = self.serve("echo up; exec sleep 999", pids=8)
        held = []
        for _ in range(12):
            client = b.connect()
            self.addCleanup(client.close)
            if client.recv(3) != b"up\n":
                break
            held.append(client)
        self.assertGreaterEqual(len(held), 1)
        self.assertLessEqual(len(held), 8)
        held[0].shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(held[0]), b"")
        self.assertIsNone(b.process.poll())
        with b.connect() as again:
            self.assertEqual(again.recv(3), b"up\n")

    def test_sigterm_ends_all(self):
        marker = box.unique_seconds()
        b = self.serve(f"echo up; sleep {marker}")
        with b.connect() as client:
            self.assertEqual(client.recv(3), b"up\n")
            b.process.terminate()
            self.assertEqual(b.process.wait(10), -signal.SIGTERM)
            self.assertEqual(read_all(client), b"")
        box.await_gone(marker)

    def test_a_program_that_is_not_there_fails_at_the_start(self):
        result = box.run(["/app/missing"], init="accept", listen="work.sock")
        self.assertEqual(result.code, 125)
        self.assertIn("execve", result.err)

    def test_a_plain_program_answers_through_stdio_agent(self):
        with box.Box(["/mayfly/monitor", "stdio-agent", "/bin/sh", "-c", "cat; echo log >&2; ls /tmp; echo x > /tmp/x"],
                     ro=[f"{os.path.abspath(box.BINARY)}:/mayfly/monitor"], init="accept", listen="work.sock", seccomp="agent") as b:
            b.start()
            for _ in range(3):
                with b.connect() as client:
                    answer, result, log = frames.call(client, b"payload")
                    self.assertEqual((answer["status"], result, log), ("ok", b"payload", b"log\n"))


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1] or [""]
    except OSError:
        return [""]


if __name__ == "__main__":
    unittest.main()
