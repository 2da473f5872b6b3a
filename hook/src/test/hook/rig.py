"""Plays the node for the hook: starts servers in sandboxes, hands them connections, reads what their templates say."""

import array
import os
import pathlib
import socket
import struct
import sys
import threading
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
BOX = os.environ.get("MAYFLY_BOX") or str(HERE.parents[3] / "monitor/src/test/sandbox")
sys.path.insert(0, BOX)
import box  # noqa: E402
import frames  # noqa: E402

HOOK = os.environ.get("MAYFLY_HOOK") or str(HERE.parents[2] / "target/classes/mayfly/hook/mayfly-hook.so")
PYTHON = "/usr/bin/python3"

COUNTER = """
import http.server, os, random, sys, threading, time
count = 0
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        global count
        count += 1
        if self.path == "/exit": os._exit(3)
        if self.path == "/hang": time.sleep(1000)
        if self.path == "/abort": os.abort()
        if self.path == "/print":
            print("said", flush=True)
            print("cried", file=sys.stderr, flush=True)
        body = b"count %d" % count
        if self.path == "/random": body = b"%r %s" % (random.random(), os.urandom(8).hex().encode())
        if self.path.startswith("/eval/"):
            import urllib.parse
            body = repr(eval(urllib.parse.unquote(self.path[6:]))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.SERVER(("0.0.0.0", 8000), Handler).serve_forever()
"""


class Refused(Exception):
    """The program cannot serve: type and message."""


class Service:
    """A server in a sandbox, as the node starts one."""

    def __init__(self, argv, env=None, shared=False, port=0, warmup=0, tmp=16 << 20, data=0, helpers=0, patience=20, **keys):
        settings = f"shared={int(shared)},port={port},warmup={warmup},tmp={tmp},data={data},helpers={helpers}"
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LD_PRELOAD": "/mayfly/mayfly-hook.so", "MAYFLY_SERVE": settings}
        self.directory = pathlib.Path(HOOK).parent
        binds = [f"{self.directory}:/mayfly"] + keys.pop("ro", [])
        self.box = box.Box(argv, env=environment | (env or {}), listen="work.sock", seccomp="agent", ro=binds,
                           caps="none" if shared else "fork", **keys)
        self.box.start()
        self.ids = 0
        try:
            self.control = self.open("C")
            self.control.settimeout(patience)
            try:
                kind, meta, _ = frames.receive(self.control)
            except (EOFError, OSError, struct.error, TypeError) as e:
                out, err = self.finish()
                raise Refused("ended", f"{e!r} {out} {err}") from e
            if meta["status"] != "ready":
                raise Refused(meta["error"]["type"], meta["error"]["message"])
        except BaseException:
            self.close()
            raise

    def finish(self):
        self.box.process.kill()
        return self.box.process.communicate()

    def open(self, kind, ident=0, carried=None):
        end = self.box.connect()
        hello = kind.encode() + struct.pack(">Q", ident)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [carried]))] if carried is not None else []
        end.sendmsg([hello], rights)
        return end

    def machine(self):
        self.ids += 1
        return Machine(self, self.ids)

    def ping(self):
        self.control.sendall(struct.pack(">IBBH", 0, 1, frames.PING, 0))
        return frames.receive(self.control)[0] == frames.PING

    def ask(self, *paths):
        """The bodies of one connection's answers."""
        with self.machine() as machine, machine.connect() as client:
            return [client.get(path) for path in paths]

    def eval(self, *expressions):
        """What expressions give in one machine of the counter."""
        return [eval(answer) for answer in self.ask(*("/eval/" + urllib.parse.quote(e) for e in expressions))]

    def close(self):
        if hasattr(self, "control"):
            self.control.close()
        self.box.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Machine:
    """The node's connection to one machine, and what it said."""

    def __init__(self, service, ident):
        self.service, self.ident = service, ident
        self.end = service.open("M", ident)
        self.said = {1: b"", 2: b""}

    def deliver(self, connection):
        self.service.open("D", self.ident, connection.fileno()).close()

    def connect(self, family=socket.AF_INET):
        """A client whose connection this machine gets."""
        mine, theirs = pair(family)
        with theirs:
            self.deliver(theirs)
        return Client(mine)

    def hear(self):
        """The next frame that is no output; None at the end."""
        while True:
            try:
                frame = frames.receive(self.end)
            except (EOFError, ConnectionResetError):
                return None
            if frame is None:
                return None
            kind, meta, body = frame
            if kind != frames.LOG:
                return "took" if kind == frames.PING else meta
            self.said[meta["stream"]] += body

    def hear_all(self):
        heard = []
        while (frame := self.hear()) is not None:
            heard.append(frame)
        return heard

    def hang_up(self):
        self.end.shutdown(socket.SHUT_WR)

    def close(self):
        self.end.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def pair(family=socket.AF_INET):
    """Both ends of a connection, the client's first."""
    if family == socket.AF_UNIX:
        return socket.socketpair()
    with socket.socket(family) as listener:
        listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        listener.listen(1)
        client = socket.create_connection(listener.getsockname()[:2])
        return client, listener.accept()[0]


class Client:
    def __init__(self, socket_):
        self.socket = socket_
        self.socket.settimeout(20)
        self.file = self.socket.makefile("rb")

    def send(self, path, headers=""):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())

    def answer(self):
        length = None
        while (line := self.file.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        return (self.file.read() if length is None else self.file.read(length)).decode()

    def get(self, path, headers=""):
        self.send(path, headers)
        return self.answer()

    def rest(self):
        try:
            return self.file.read()
        except ConnectionResetError:
            return b""

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def python(source, **keys):
    return Service([PYTHON, "-c", source], **keys)


def counter(server="HTTPServer", **keys):
    return python(COUNTER.replace("SERVER", server), **keys)


def at_once(count, work):
    """What each of so many threads got."""
    got = [None] * count

    def run(i):
        try:
            got[i] = work(i)
        except BaseException as e:  # noqa: BLE001
            got[i] = e

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
