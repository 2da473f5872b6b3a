"""Drives the real binary for the tests: a spawner, supervised directories, and waiting with a bound."""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import zlib

BUILT = os.environ.get("MAYFLY_MONITOR") or str(
    pathlib.Path(__file__).resolve().parents[3] / "target/classes/mayfly/monitor/mayfly-monitor"
)
PATIENCE = 20
PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


def await_that(attempt, what, seconds=PATIENCE):
    """The first true answer of attempt()."""
    end = time.monotonic() + seconds
    while True:
        answer = attempt()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        select.select([], [], [], 0.002)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start_time(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


def parse_record(record):
    """A status file's bytes; None when it is no record."""
    if len(record) != 2048 or record[:8] != b"mayfly1 " or record[31:32] != b"\n":
        return None
    body = record[32 : 32 + int(record[17:21])]
    return json.loads(body) if zlib.crc32(body) == int(record[8:16], 16) else None


class Task:
    """One supervised directory."""

    def __init__(self, home, argv, name=None, env=(PATH,), spec=None, **keys):
        self.dir = pathlib.Path(home) / (name or f"task_{os.urandom(6).hex()}")
        self.dir.mkdir(mode=0o700, parents=True)
        records = [("v", "1")] + [("argv", a) for a in argv] + [("env", e) for e in env]
        for key, value in keys.items():
            records += [(key, v) for v in (value if isinstance(value, list) else [value])]
        text = b"".join(f"{k}={v}".encode() + b"\0" for k, v in records) if spec is None else spec
        (self.dir / "spec").write_bytes(text)

    @classmethod
    def at(cls, dir):
        """One that exists already."""
        task = cls.__new__(cls)
        task.dir = pathlib.Path(dir)
        return task

    def status(self):
        """The status file, or None when there is none or it is no record."""
        try:
            return parse_record((self.dir / "status").read_bytes())
        except FileNotFoundError:
            return None

    def ended(self):
        """Waits for the end; returns the final status."""

        def final():
            s = self.status()
            return s if s and s["state"] in ("exited", "failed") else None

        status = await_that(final, f"{self.dir.name} to end")
        await_that(lambda: not (self.dir / "monitor.sock").exists(), "the socket to go")
        return status

    def out(self):
        return (self.dir / "stdout").read_text()

    def pid_file(self):
        pid, start, boot, monitor, monitor_start = (self.dir / "pid").read_text().split()
        return dict(pid=int(pid), start=int(start), boot=boot, monitor=int(monitor), monitor_start=int(monitor_start))

    def connect(self):
        """As PROTOCOL.md section 6 says, for paths of any length."""
        here = os.open(self.dir, os.O_PATH | os.O_DIRECTORY)
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        try:
            client.connect(f"/proc/self/fd/{here}/monitor.sock")
        except OSError:
            client.close()
            raise
        finally:
            os.close(here)
        return client

    def ask(self, cmd, **fields):
        with self.connect() as client:
            return exchange(client, dict(v=1, id=5, cmd=cmd, **fields))

    def lock_is_free(self):
        import fcntl

        with open(self.dir / "lock") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                return False

    def say(self, text):
        """Lets a command that waits for the file `go` in its directory continue."""
        (self.dir / "go").write_text(text)


def exchange(client, request):
    line = request if isinstance(request, bytes) else json.dumps(request).encode()
    client.sendall(line + b"\n")
    return json.loads(read_line(client))


def read_line(client):
    data = b""
    while not data.endswith(b"\n"):
        part = client.recv(4096)
        if not part:
            raise EOFError(f"closed after {data!r}")
        data += part
    return data


class Spawner:
    def __init__(self, binary, **kwargs):
        self.process = subprocess.Popen(
            [binary, "spawner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, bufsize=0, **kwargs
        )
        self.next_id = 0
        self.pending = b""

    def send(self, dir, **fields):
        self.next_id += 1
        self.write(json.dumps(dict(v=1, id=self.next_id, cmd="spawn", dir=str(dir), **fields)).encode() + b"\n")
        return self.next_id

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view) :]

    def reply(self):
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.pending:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("no reply from the spawner")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise EOFError("the spawner ended")
            self.pending += part
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def spawn(self, task):
        id = self.send(task.dir)
        reply = self.reply()
        assert reply["id"] == id, reply
        return reply

    def close(self):
        self.process.stdin.close()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.stdout.close()


class MonitorTest(unittest.TestCase):
    """Each test has a home of its own, a spawner, and leaves no process behind."""

    maxDiff = None
    user = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-"))
        self.home.chmod(0o755)
        self.binary = str(self.home / "mayfly-monitor")
        shutil.copy(BUILT, self.binary)
        self.tasks = []
        self.spawner = Spawner(self.binary)
        self.addCleanup(self.clean)

    def clean(self):
        if not self.spawner.process.stdin.closed:
            self.spawner.close()
        for task in self.tasks:
            self.end(task)
        shutil.rmtree(self.home, ignore_errors=True)

    def end(self, task):
        """By the pid file, with a pidfd and its start time checked, like a node would."""
        try:
            who = task.pid_file()
        except (OSError, ValueError):
            return
        for pid, start in ((who["pid"], who["start"]), (who["monitor"], who["monitor_start"])):
            try:
                fd = os.pidfd_open(pid)
            except (ProcessLookupError, OSError):
                continue
            try:
                if start_time(pid) == start:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
            finally:
                os.close(fd)

    def task(self, *argv, **keys):
        task = Task(keys.pop("home", self.home), argv, **keys)
        self.tasks.append(task)
        return task

    def shell(self, script, **keys):
        return self.task("sh", "-c", script, **keys)

    def spawn(self, task):
        """Spawns it and expects that it runs."""
        reply = self.spawner.spawn(task)
        self.assertTrue(reply["ok"], reply)
        self.assertNotEqual("failed", reply["status"]["state"], reply)
        return reply["status"]
