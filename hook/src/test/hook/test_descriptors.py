"""Promise: no kernel object is shared with the template or another machine, and what was in it is kept."""

import unittest

import rig

BEFORE = """
import os, socket, select, threading, time, tempfile, mmap
r, w = os.pipe()
os.write(w, b"token")
a, b = socket.socketpair()
a.send(b"queued")
e = os.eventfd(7, os.EFD_NONBLOCK)
kept = open("/etc/passwd")
kept.read(5)
ep = select.epoll()
ep.register(r, select.EPOLLIN)
m = mmap.mmap(-1, 4096)
m[:5] = b"first"
silent = socket.create_server(("127.0.0.1", 9000))
"""
COUNTER = BEFORE + rig.COUNTER.replace("SERVER", "HTTPServer")


class Descriptors(unittest.TestCase):
    def setUp(self):
        self.service = rig.python(COUNTER, port=8000)
        self.addCleanup(self.service.close)

    def twice(self, *expressions):
        first = self.service.eval(*expressions)
        self.assertEqual(self.service.eval(*expressions), first)
        return first

    def test_bytes_in_pipes(self):
        self.assertEqual(self.twice("os.read(r, 99)", "os.write(w, b'x')", "os.read(r, 99)"), [b"token", 1, b"x"])

    def test_bytes_in_pairs(self):
        self.assertEqual(self.twice("b.recv(99)", "b.send(b'x')", "a.recv(99)"), [b"queued", 1, b"x"])

    def test_eventfds_count(self):
        self.assertEqual(self.twice("os.eventfd_read(e)", "os.eventfd_write(e, 2)", "os.eventfd_read(e)"), [7, None, 2])

    def test_epolls_watch_the_new_objects(self):
        self.assertEqual(self.twice("len(ep.poll(0))", "os.read(r, 99)", "len(ep.poll(0))", "os.write(w, b'x')", "len(ep.poll(0))"),
                         [1, b"token", 0, 1, 1])

    def test_positions_in_files(self):
        there, elsewhere = self.twice("kept.buffer.raw.seek(0, 1)", "kept.buffer.raw.seek(3)")
        self.assertGreater(there, elsewhere)

    def test_shared_memory(self):
        self.assertEqual(self.twice("m[:5]", "m.__setitem__(slice(0, 5), b'other')", "m[:5]"), [b"first", None, b"other"])

    def test_other_listeners_are_silent_and_know_their_names(self):
        self.assertEqual(self.twice("silent.getsockname()", "silent.setblocking(False)", "select.select([silent], [], [], 0)[0]"),
                         [("127.0.0.1", 9000), None, []])

    def test_at_once(self):
        expressions = ["os.read(r, 99)", "b.recv(99)", "os.eventfd_read(e)", "m[:5]"]
        self.assertEqual(rig.at_once(8, lambda i: self.service.eval(*expressions)), [[b"token", b"queued", 7, b"first"]] * 8)


class Ends(unittest.TestCase):
    """When a connection is over, whoever closes it and however."""

    def ends(self, source, **keys):
        with rig.python("import os, socket, subprocess, sys\ns = socket.create_server(('', 8000))\n" + source, **keys) as service:
            for _ in range(2):
                with service.machine() as machine, machine.connect() as client:
                    self.assertEqual(client.rest(), b"answer")
                    self.assertEqual(machine.hear_all(), ["took", {"status": "ok", "json": False, "us": 0}, {"status": "exited", "code": 0}])

    def test_closed_past_libc(self):
        self.ends("""
import ctypes
while True:
    c, _ = s.accept()
    c.send(b"answer")
    ctypes.CDLL(None).syscall(3, c.detach())
""")

    def test_closed_by_a_duplicate_last(self):
        self.ends("""
while True:
    c, _ = s.accept()
    d = c.dup()
    c.close()
    d.send(b"answer")
    d.close()
""")

    def test_in_the_hands_of_another_program(self):
        self.ends("""
while True:
    c, _ = s.accept()
    p = subprocess.Popen(["/bin/sh", "-c", "sleep 0.1; printf answer"], stdout=c.fileno(), stdin=c.fileno())
    c.close()
""")

    def test_in_the_hands_of_a_fork(self):
        self.ends("""
while True:
    c, _ = s.accept()
    if os.fork() == 0:
        c.send(b"answer")
        os._exit(0)
    c.close()
""")

    def test_in_the_hands_of_a_thread(self):
        self.ends("""
import threading
def serve(c):
    c.send(b"answer")
    c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],)).start()
""")

    def test_waiting_by_every_call(self):
        for wait in ("import select; select.select([s], [], [])", "import select; select.select([s], [], [], 0.2)",
                     "import select; p = select.poll(); p.register(s, 1); p.poll()", "import select; p = select.epoll(); p.register(s, 1 | 1 << 31); p.poll()",
                     "import selectors; p = selectors.DefaultSelector(); p.register(s, 1); p.select(0.3)"):
            self.ends(f"""
s.setblocking(False)
def wait():
    {wait}
while True:
    wait()
    try: c, _ = s.accept()
    except BlockingIOError: continue
    c.send(b"answer")
    c.close()
""")


if __name__ == "__main__":
    unittest.main()
