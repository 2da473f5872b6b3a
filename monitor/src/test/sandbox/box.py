"""Runs commands in sandboxes, for the tests: writes a spec, starts the launcher by hand, collects what happened."""

import os
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
import time

BINARY = os.environ.get("MAYFLY_MONITOR") or str(
    pathlib.Path(__file__).resolve().parents[3] / "target/classes/mayfly/monitor/mayfly-monitor"
)


def await_that(attempt, what, seconds=10):
    """The first true answer of attempt()."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = attempt()
        if answer:
            return answer
        select.select([], [], [], 0.002)
    raise AssertionError(f"not within {seconds} s: {what}")


class Box:
    """One supervised directory with a sandbox in it."""

    prefix = ()  # in front of the launcher's command line

    def __init__(self, argv, env=None, home=None, **keys):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="task_box_", dir=home or os.environ.get("BOX_HOME")))
        records = [("v", "1")] + [("argv", a) for a in argv]
        records += [("env", f"{k}={v}") for k, v in (env or {"PATH": "/usr/bin:/bin", "HOME": "/tmp"}).items()]
        keys.setdefault("sandbox", "process")
        for key, value in keys.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            records += [(key, str(v)) for v in values]
        (self.dir / "spec").write_bytes(b"".join(f"{k}={v}".encode() + b"\0" for k, v in records))
        self.argv = argv
        self.process = None

    def start(self, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        kwargs.setdefault("stdout", subprocess.PIPE)
        kwargs.setdefault("stderr", subprocess.PIPE)
        self.process = subprocess.Popen([*self.prefix, BINARY, "sandbox", str(self.dir)], text=True, env={"PATH": "/usr/bin:/bin"} if self.prefix else {}, **kwargs)
        return self

    def run(self, timeout=20):
        self.start()
        try:
            self.out, self.err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.out, self.err = self.process.communicate()
            raise AssertionError(f"no end in {timeout} s: {self.out!r} {self.err!r}")
        self.code = self.process.returncode
        return self

    def isolation(self):
        lines = (self.dir / "isolation").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def cgroups(self):
        """The control groups that were made for it."""
        file = self.dir / "cgroups"
        return file.read_text().split() if file.exists() else []

    def connect(self, name="work.sock"):
        """Connects once the launcher listens."""

        def attempt():
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(10)
            try:
                client.connect(str(self.dir / name))
                return client
            except (FileNotFoundError, ConnectionRefusedError):
                client.close()
                return None

        return await_that(attempt, "a listening " + name)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr) if self.process else ():
            if pipe:
                pipe.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def run(argv, **keys):
    """Runs to the end; the result has code, out, err."""
    with Box(argv, **keys) as box:
        box.run()
        box.isolated = box.isolation() if (box.dir / "isolation").exists() else {}
        return box


def python(code, **keys):
    return run(["/usr/bin/python3", "-I", "-S", "-c", code], **keys)


def marked(marker):
    """Host pids whose command line contains the marker (and that are not zombies)."""
    pids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if marker.encode() in file.read():
                    pids.append(int(pid))
        except OSError:
            continue
    return pids


def unique_seconds():
    """An argument for sleep that no other process has: long, and found by marked()."""
    return f"{os.environ.get('BOX_MARK') or 1000 + os.getpid()}.{time.monotonic_ns()}"


def await_gone(marker, seconds=10):
    await_that(lambda: not marked(marker), f"the end of all processes with {marker}: {marked(marker)}", seconds)


def host_mounts():
    with open("/proc/self/mountinfo") as file:
        return file.read()


def is_root():
    return os.geteuid() == 0
