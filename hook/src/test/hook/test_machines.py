"""Promise: each connection finds the server as it was at its waiting point, and nothing of it is left at its end."""

import os
import pathlib
import signal
import socket
import tempfile
import unittest

import rig
from rig import box


class Machines(unittest.TestCase):
    def serve(self, *args, **keys):
        service = rig.counter(*args, **keys)
        self.addCleanup(service.close)
        return service

    def test_globals_are_those_of_the_waiting_point(self):
        service = self.serve()
        for _ in range(5):
            self.assertEqual(service.ask("/", "/", "/"), ["count 1", "count 2", "count 3"])

    def test_it_says_what_happens(self):
        service = self.serve()
        self.assertTrue(service.ping())
        with service.machine() as machine:
            with machine.connect() as client:
                self.assertEqual(client.get("/print"), "count 1")
            self.assertEqual(machine.hear_all(), ["took", {"status": "ok", "json": False, "us": 0}, {"status": "exited", "code": 0}])
            self.assertEqual(machine.said, {1: b"said\n", 2: b"cried\n"})
        self.assertTrue(service.ping())

    def test_no_two_draw_the_same_numbers(self):
        service = self.serve()
        drawn = [service.ask("/random")[0] for _ in range(10)]
        self.assertEqual(len({d.split()[0] for d in drawn}), 10, drawn)
        self.assertEqual(len({d.split()[1] for d in drawn}), 10, drawn)

    def test_tmp_is_its_own(self):
        service = self.serve()
        for _ in range(2):
            seen = service.eval("os.listdir('/tmp')", "open('/tmp/state','w').write('x')", "os.listdir('/dev/shm')")
            self.assertEqual(seen, [[], 1, ["state"]])

    def test_tmp_begins_with_what_the_template_put_there(self):
        with tempfile.TemporaryDirectory() as shown:
            os.chmod(shown, 0o755)
            pathlib.Path(shown, "f").write_text("seen")
            before = "import os; os.mkdir('/tmp/d'); kept = open('/tmp/d/f', 'w+'); kept.write('template'); kept.flush()\n"
            service = rig.python(before + rig.COUNTER.replace("SERVER", "HTTPServer"), ro=[f"{shown}:/tmp/a/b"])
            self.addCleanup(service.close)
            for _ in range(2):
                looks = ["sorted(os.listdir('/tmp'))", "open('/tmp/a/b/f').read()", "open('/tmp/d/f').read()", "kept.write('+')",
                         "kept.flush()", "open('/tmp/d/f').read()", "os.mkdir('/tmp/mine')", "os.unlink('/tmp/d/f')"]
                self.assertEqual(service.eval(*looks), [["a", "d"], "seen", "template", 1, None, "template+", None, None])

    def test_it_has_no_capabilities_and_makes_no_mounts(self):
        service = self.serve()
        look = "[l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')]"
        self.assertEqual(service.eval(look), [["0000000000000000"] * 5])
        mount = "__import__('ctypes').CDLL(None).mount(b'x',b'/tmp',b'tmpfs',6,b'')"
        self.assertEqual(service.eval(mount), [-1])

    def test_it_sees_no_other_process(self):
        service = self.serve()
        self.assertEqual(service.eval("[p for p in os.listdir('/proc') if p.isdigit()]", "os.getpid()"), [["1"], 1])

    def test_it_has_only_the_programs_descriptors(self):
        """0, 1, 2, the listener, its selector, the connection, and its own end of the queue."""
        service = self.serve()
        with service.machine() as other, other.connect():
            seen = service.eval("os.listdir('/proc/self/fd')")
        self.assertEqual(seen[0], ["0", "1", "2", "3", "4", "5", "1001"])  # 5: the listing or the connection

    def test_each_kind_of_end_has_a_name(self):
        service = self.serve()
        for path, end in (("/exit", {"status": "exited", "code": 3}), ("/abort", None)):
            with service.machine() as machine, machine.connect() as client:
                client.send(path)
                heard = machine.hear_all()
                self.assertEqual(heard[0], "took")
                self.assertEqual(heard[1]["status"], "exited")
                if end:
                    self.assertEqual(heard[1:], [end])
                self.assertEqual(client.rest(), b"")

    def test_hanging_up_kills_it(self):
        service = self.serve()
        with service.machine() as machine, machine.connect() as client:
            client.send("/hang")
            self.assertEqual(machine.hear(), "took")
            machine.hang_up()
            self.assertEqual(machine.hear_all(), [{"status": "exited", "signal": signal.SIGKILL}])

    def test_one_that_is_not_needed_ends_with_its_connection_to_the_node(self):
        service = self.serve()
        machine = service.machine()
        machine.hang_up()
        self.assertEqual(machine.hear_all(), [{"status": "exited", "signal": signal.SIGKILL}])
        machine.close()
        self.assertEqual(service.ask("/"), ["count 1"])

    def test_what_it_started_ends_with_it(self):
        service = self.serve()
        marker = box.unique_seconds()
        start = f"/eval/__import__('subprocess').Popen(['setsid','sleep','{marker}'],close_fds=True).pid>0"
        with service.machine() as machine:
            with machine.connect() as client:
                self.assertEqual(client.get(start), "True")
                box.await_that(lambda: box.marked(marker), "the sleeping process")
            self.assertEqual(machine.hear(), "took")
            machine.hang_up()
            machine.hear_all()
            self.assertEqual([pid for pid in box.marked(marker) if b"sleep" in open(f"/proc/{pid}/cmdline", "rb").read()[:6]], [])

    def test_its_end_takes_all_machines_with_the_template(self):
        service = self.serve()
        with service.machine() as machine, machine.connect() as client:
            self.assertEqual(client.get("/"), "count 1")
            service.box.process.kill()
            self.assertEqual(client.rest(), b"")

    def test_the_template_ends_with_the_node(self):
        service = self.serve()
        with service.machine() as machine, machine.connect() as client:
            self.assertEqual(client.get("/"), "count 1")
            service.control.close()
            self.assertEqual(service.box.process.wait(10), 0)
            self.assertEqual(client.rest(), b"")

    def test_fifty_at_once(self):
        service = self.serve()
        self.assertEqual(rig.at_once(50, lambda i: service.ask("/", "/")), [["count 1", "count 2"]] * 50)

    def test_clients_of_every_family(self):
        service = self.serve()
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
            with service.machine() as machine, machine.connect(family) as client:
                self.assertEqual(client.get("/eval/self.client_address[0][:3]"), "'127'")
                self.assertEqual(client.get("/eval/self.connection.setsockopt(6,1,1)"), "None")  # TCP_NODELAY

    def test_clients_of_every_family_where_the_program_listens_on_ipv6(self):
        source = "import http.server, socket\nhttp.server.HTTPServer.address_family = socket.AF_INET6\n" + rig.COUNTER.replace("SERVER", "HTTPServer").replace("0.0.0.0", "::")
        service = rig.python(source)
        self.addCleanup(service.close)
        for family, seen in ((socket.AF_INET, "::ffff:127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_UNIX, "::1")):
            with service.machine() as machine, machine.connect(family) as client:
                self.assertEqual(client.get("/eval/self.client_address[0]"), repr(seen))

    def test_half_a_connection_is_one(self):
        service = self.serve()
        with service.machine() as machine, machine.connect() as client:
            client.send("/")
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.answer(), "count 1")
            self.assertEqual(client.rest(), b"")
            self.assertEqual(machine.hear_all()[1]["status"], "ok")

    def test_warm_requests_are_in_the_template(self):
        service = self.serve(warmup=3, port=8000)
        for _ in range(3):
            self.assertEqual(service.ask("/", "/"), ["count 4", "count 5"])

    def test_threads_of_a_machine_are_its_own_matter(self):
        service = self.serve("ThreadingHTTPServer", warmup=2)
        self.assertEqual(rig.at_once(8, lambda i: service.ask("/", "/")), [["count 3", "count 4"]] * 8)


if __name__ == "__main__":
    unittest.main()
