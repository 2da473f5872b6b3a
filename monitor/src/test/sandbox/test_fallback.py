"""Where the host refuses namespaces: Landlock, the filter and limits still hold, and the launcher says what is missing."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import box

# a user namespace in which no further one can be made, and no capability is left
WITHOUT = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c",
           'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all "$@"', "sh"]


class Fallback(unittest.TestCase):
    def setUp(self):
        if box.is_root():
            self.skipTest("as root namespaces need no user namespace; the normal user's run covers it")
        if not shutil.which("setpriv") or subprocess.run([*WITHOUT, "true"], capture_output=True).returncode != 0:
            self.skipTest("cannot make a place without user namespaces on this host")
        box.Box.prefix = WITHOUT
        self.addCleanup(setattr, box.Box, "prefix", ())

    def test_it_says_so_and_a_requirement_fails(self):
        result = box.run(["/bin/true"])
        self.assertEqual(result.code, 0, result.err)
        for name in ("userns", "pidns", "mountns", "netns", "fork"):
            self.assertTrue(result.isolated[name].startswith("no"), name)
        for name in ("landlock", "seccomp", "caps", "ids"):
            self.assertEqual(result.isolated[name], "yes", name)
        self.assertIn("require userns", box.run(["/bin/true"], require="userns").err)

    def test_files(self):
        with tempfile.TemporaryDirectory() as code:
            os.chmod(code, 0o777)
            pathlib.Path(code, "f").write_text("seen")
            script = f"cat /app/f; cat {code}/f; echo x > {code}/f; echo x > {code}/new; ls /; cat /etc/passwd; echo x > /tmp/escaped; echo ok > $TMPDIR/f && cat $TMPDIR/f; pwd; echo $A"
            result = box.run(["/bin/sh", "-c", script], ro=[f"{code}:/app"], cwd="/app", env={"A": "/app/f", "PATH": "/usr/bin:/bin"})
            self.assertEqual(result.out, f"seenok\n{code}\n{code}/f\n", result.err)
            self.assertEqual(os.listdir(code), ["f"])
            shutil.copy("/bin/true", code)
            self.assertEqual(box.run(["/app/true"], ro=[f"{code}:/app"]).code, 0)

    def test_network_and_calls(self):
        code = "import socket, os\nfor family in (2, 10, 16, 1):\n  try: socket.socket(family).close(); print(family)\n  except OSError as e: print(e.errno)"
        self.assertEqual(box.python(code).out.split(), ["97", "97", "97", "1"])
        self.assertIn("not permitted", box.run(["/usr/bin/unshare", "-U", "true"]).err)

    def test_no_process_outside_can_be_signalled(self):
        if box.python("print(1)").isolated["landlock"] != "yes":
            self.skipTest("no Landlock")
        victim = subprocess.Popen(["sleep", "1000"])  # of the same user
        try:
            result = box.python(f"import os\nos.kill({victim.pid}, 9)")
            self.assertIn("PermissionError", result.err)
            self.assertIsNone(victim.poll())
        finally:
            victim.kill()
            victim.wait()

    def test_the_command_dies_with_the_launcher(self):
        marker = box.unique_seconds()
        with box.Box(["/bin/sleep", marker]) as b:
            b.start()
            box.await_that(lambda: len(box.marked(marker)) == 1, "the command")
            b.process.kill()
            b.process.wait()
            box.await_gone(marker)

    def test_machines_are_process_groups(self):
        with box.Box(["/bin/sh", "-c", "exec <&3 >&3; echo $(id -u); (sleep 999 &); read x"], init="accept", listen="work.sock", seccomp="agent") as b:
            b.start()
            with b.connect() as client:
                self.assertEqual(client.recv(100).decode().strip(), str(os.getuid()))
                client.shutdown(1)
                self.assertEqual(client.recv(100), b"")


class RootWithoutAdmin(unittest.TestCase):
    """Root in a container: user 0, but without CAP_SYS_ADMIN."""

    def setUp(self):
        if not box.is_root() or not shutil.which("setpriv"):
            self.skipTest("needs root and setpriv")
        box.Box.prefix = ["setpriv", "--bounding-set=-sys_admin"]
        self.addCleanup(setattr, box.Box, "prefix", ())

    def test_it_has_the_same_sandbox(self):
        for keys in ({}, {"caps": "fork", "seccomp": "agent"}):
            with tempfile.TemporaryDirectory() as closed:  # 0700: only root may look into it
                os.mkdir(os.path.join(closed, "code"), 0o755)
                pathlib.Path(closed, "code/f").write_text("seen")
                script = "cat /app/f; id -u; cat /host/etc/shadow; cat /host/root/.bashrc; grep -E 'CapEff|Groups' /proc/self/status"
                result = box.run(["/bin/sh", "-c", script], ro=[f"{closed}/code:/app", "/:/host"], require="userns,pidns,mountns", **keys)
            lines = result.out.split("\n")
            self.assertEqual(lines[0], "seen1000", result.err)
            self.assertEqual(lines[1].split(), ["Groups:"])
            self.assertEqual(lines[2].split()[1], "0000000000200100" if keys else "0" * 16)
            code = "import os\nfor id in (0, 65534):\n  try: os.setuid(id); print('became', id)\n  except OSError: pass"
            self.assertEqual(box.python(code, **keys).out, "")

    def test_without_any_namespace(self):
        box.Box.prefix = ["unshare", "-U", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin "$@"', "sh"]
        result = box.run(["/bin/sh", "-c", "cat /etc/shadow; id -u"])
        self.assertEqual((result.code, result.out), (125, ""))  # only one id is mapped here: there is nobody else to become


if __name__ == "__main__":
    unittest.main()
