"""Promise: with shared=1 one process gets every connection, unforked, and the node hears when each is over."""

import socket
import unittest

import rig


class Shared(unittest.TestCase):
    def serve(self, server):
        service = rig.counter(server, shared=True, port=8000)
        self.addCleanup(service.close)
        return service

    def test_state_goes_on(self):
        service = self.serve("HTTPServer")
        self.assertEqual([service.ask("/", "/") for _ in range(3)], [["count 1", "count 2"], ["count 3", "count 4"], ["count 5", "count 6"]])

    def test_the_node_hears_of_each(self):
        service = self.serve("ThreadingHTTPServer")
        with service.machine() as one, service.machine() as other, one.connect() as client, other.connect() as second:
            self.assertEqual(client.get("/"), "count 1")
            self.assertEqual(second.get("/"), "count 2")
            client.close()
            self.assertEqual(one.hear_all(), ["took", {"status": "ok", "json": False, "us": 0}])
            self.assertEqual(second.get("/"), "count 3")
            self.assertEqual(other.hear(), "took")

    def test_its_output_goes_to_the_node(self):
        service = self.serve("HTTPServer")
        with service.open("O") as out, service.open("E") as err:
            self.assertEqual(service.ask("/print"), ["count 1"])
            self.assertEqual((out.recv(99), err.recv(99)), (b"said\n", b"cried\n"))

    def test_many_at_once(self):
        service = self.serve("ThreadingHTTPServer")
        answers = rig.at_once(50, lambda i: service.ask("/")[0])
        self.assertEqual(sorted(answers), sorted(f"count {i}" for i in range(1, 51)))

    def test_the_program_knows_its_own_address(self):
        service = self.serve("HTTPServer")
        self.assertEqual(service.eval("self.server.socket.getsockname()", "self.client_address[0]"), [("0.0.0.0", 8000), "127.0.0.1"])
        with service.machine() as machine, machine.connect(socket.AF_UNIX) as client:
            self.assertEqual(client.get("/eval/self.client_address[0]"), "'127.0.0.1'")


if __name__ == "__main__":
    unittest.main()
