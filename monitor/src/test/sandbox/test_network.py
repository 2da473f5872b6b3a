"""Promise: with net=none there is a loopback of its own and nothing else."""

import json
import socket
import unittest

import box

LOOK = """
import json, os, socket
found = {}
found['interfaces'] = [name for _, name in socket.if_nameindex()]
found['routes'] = len(open('/proc/net/route').readlines()) - 1
def attempt(name, family, address, kind=socket.SOCK_STREAM):
    s = socket.socket(family, kind)
    s.settimeout(3)
    try: s.connect(address); s.send(b'x') if kind == socket.SOCK_DGRAM else 0; found[name] = 'connected'
    except OSError as e: found[name] = type(e).__name__ + ' ' + str(e.errno)
    s.close()
attempt('host_tcp', socket.AF_INET, ('127.0.0.1', %(port)d))
attempt('world_tcp', socket.AF_INET, ('192.0.2.1', 80))
attempt('world_udp', socket.AF_INET, ('192.0.2.1', 53), socket.SOCK_DGRAM)
attempt('abstract', socket.AF_UNIX, '\\0%(name)s')
attempt('path', socket.AF_UNIX, '%(path)s')
own = socket.socket(); own.bind(('127.0.0.1', 0)); own.listen()
attempt('own_tcp', socket.AF_INET, own.getsockname())
for name, family in (('vsock', 40), ('packet', 17), ('alg', 38)):
    try: socket.socket(family, socket.SOCK_STREAM); found[name] = 'made'
    except OSError as e: found[name] = e.errno
try: socket.socket(16, socket.SOCK_RAW, 9); found['netlink_audit'] = 'made'
except OSError as e: found['netlink_audit'] = e.errno
print(json.dumps(found))
"""


class Network(unittest.TestCase):
    def look(self, **keys):
        name = "mayfly-test-" + box.unique_seconds()
        with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as path:
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            abstract.bind("\0" + name)
            abstract.listen()
            place = f"/tmp/{name}"
            path.bind(place)
            path.listen()
            try:
                result = box.python(LOOK % {"port": tcp.getsockname()[1], "name": name, "path": place}, **keys)
            finally:
                __import__("os").unlink(place)
        self.assertEqual(result.code, 0, result.err)
        return json.loads(result.out)

    def test_there_is_only_its_own_loopback(self):
        for profile in ("task", "agent"):
            found = self.look(seccomp=profile)
            self.assertEqual(found["interfaces"], ["lo"])
            self.assertEqual(found["routes"], 0)
            self.assertEqual(found["own_tcp"], "connected")
            for outside in ("host_tcp", "world_tcp", "world_udp", "abstract", "path"):
                self.assertNotEqual(found[outside], "connected", outside)

    def test_socket_families_that_no_namespace_holds_are_refused(self):
        found = self.look()
        for family in ("vsock", "packet", "alg", "netlink_audit"):
            self.assertEqual(found[family], 97, family)  # EAFNOSUPPORT

    def test_net_host_reaches_the_host_but_not_its_abstract_sockets(self):
        found = self.look(net="host")
        self.assertEqual(found["host_tcp"], "connected")
        self.assertNotEqual(found["path"], "connected")
        if json.loads(__import__("subprocess").check_output([box.BINARY, "probe"]))["landlock_abi"] < 6:
            self.skipTest("Landlock before ABI 6 cannot keep abstract sockets apart")
        self.assertNotEqual(found["abstract"], "connected")


if __name__ == "__main__":
    unittest.main()
