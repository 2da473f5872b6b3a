"""Promise: of the host's files only programs are visible, nothing but /tmp and rw binds can be written."""

import os
import pathlib
import tempfile
import unittest

import box

WRITE_EVERYWHERE = """
import os
def attempt(path):
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666)); print('WROTE', path)
    except OSError: pass
for base, dirs, files in os.walk('/'):
    if base.count('/') > 2: dirs.clear()
    if base.startswith(('/proc', '/tmp')): dirs.clear(); continue
    attempt(os.path.join(base, 'planted'))
    try: os.chmod(base, 0o777); print('CHMOD', base)
    except OSError: pass
for path in ('/etc/passwd', '/usr/bin/env', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/self/oom_score_adj_'): attempt(path)
print('done')
"""


class Files(unittest.TestCase):
    def test_the_root_holds_nothing_but_what_is_promised(self):
        result = box.run(["/bin/ls", "/"], ro=["/tmp:/app/x"])
        allowed = {"app", "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr"}
        self.assertEqual(set(result.out.split()) - allowed, set(), result.err)

    def test_etc_is_generated(self):
        result = box.run(["/bin/sh", "-c", "ls /etc; cat /etc/passwd"])
        self.assertNotIn("shadow", result.out)
        self.assertNotIn("root", result.out)
        self.assertIn("mayfly:x:1000", result.out)

    def test_shadow_is_unreadable_by_every_way_in(self):
        ways = "/etc/shadow /proc/1/root/etc/shadow /proc/self/root/etc/shadow /proc/1/cwd/../../etc/shadow /.old/etc/shadow ../../../../../etc/shadow"
        for init in ("reap", "none"):
            result = box.run(["/bin/sh", "-c", f"cat {ways}"], init=init, cwd="/tmp")
            self.assertEqual(result.out, "")
            self.assertNotEqual(result.code, 0)

    def test_shadow_is_unreadable_even_when_bound(self):
        result = box.run(["/bin/cat", "/host/etc/shadow"], ro=["/:/host"])
        self.assertEqual(result.out, "")
        self.assertIn("ermission denied", result.err)

    def test_files_of_other_directories_are_invisible(self):
        with tempfile.TemporaryDirectory() as other:
            secret = pathlib.Path(other, "secret")
            secret.write_text("another function's data")
            os.chmod(other, 0o777)
            result = box.run(["/bin/sh", "-c", f"cat {secret} /proc/1/root{secret}; ls -A {other} /tmp"])
            self.assertEqual(result.out.replace("/tmp:", "").strip(), "", result.err)

    def test_the_working_directory_does_not_lead_out(self):
        result = box.python("import os; print(os.getcwd(), os.listdir('.'), os.path.exists('spec'))", cwd="/tmp")
        self.assertEqual(result.out.strip(), "/tmp [] False")

    def test_code_is_read_only(self):
        with tempfile.TemporaryDirectory() as code:
            os.chmod(code, 0o777)
            file = pathlib.Path(code, "app.py")
            file.write_text("original")
            os.chmod(file, 0o666)
            script = "echo x > /app/app.py; echo x > /app/new; rm -f /app/app.py; mv /app/app.py /app/b; chmod 0 /app/app.py; cat /app/app.py"
            result = box.run(["/bin/sh", "-c", script], ro=[f"{code}:/app"])
            self.assertEqual(result.out, "original", result.err)
            self.assertEqual(os.listdir(code), ["app.py"])
            self.assertEqual(file.read_text(), "original")

    def test_nothing_outside_tmp_can_be_written(self):
        for profile in ("task", "agent"):
            result = box.python(WRITE_EVERYWHERE, seccomp=profile)
            self.assertEqual(result.out.replace("CHMOD /\n", "").replace("WROTE /dev/null\n", "").strip(), "done", result.err)

    def test_nothing_outside_tmp_can_be_written_by_one_who_forks_machines(self):
        result = box.python(WRITE_EVERYWHERE, seccomp="agent", caps="fork")
        self.assertEqual(result.out.strip(), "done", result.err)

    def test_rw_binds_can_be_written_and_tmp_is_private(self):
        with tempfile.TemporaryDirectory() as data:
            os.chmod(data, 0o777)
            result = box.run(["/bin/sh", "-c", "echo kept > /data/f; echo gone > /tmp/private; cat /data/f /dev/shm/private"], rw=[f"{data}:/data"])
            self.assertEqual(result.out, "kept\ngone\n", result.err)
            self.assertEqual(pathlib.Path(data, "f").read_text(), "kept\n")
            self.assertFalse(os.path.exists("/tmp/private"))

    def test_what_is_moved_stays_as_it_is(self):
        code = ("import ctypes, os; c = ctypes.CDLL(None); os.mkdir('/tmp/m'); print(c.mount(b'/seen', b'/tmp/m', 0, 8192, 0))\n"
                "try: open('/tmp/m/planted', 'w')\n"
                "except OSError as e: print(e.strerror)")
        with tempfile.TemporaryDirectory() as data:
            os.chmod(data, 0o777)
            result = box.python(code, ro=[f"{data}:/seen"], caps="fork", seccomp="agent")
            self.assertEqual(result.out, "0\nRead-only file system\n", result.err)
            self.assertEqual(os.listdir(data), [])

    def test_tmp_has_its_size(self):
        result = box.run(["/bin/sh", "-c", "head -c 3000000 /dev/zero > /tmp/big"], tmp=1 << 20)
        self.assertIn("No space left", result.err)

    def test_set_user_id_programs_and_devices_have_no_effect(self):
        result = box.run(["/bin/sh", "-c", "grep -c ' / ' /proc/self/mounts; grep -v nosuid /proc/self/mounts; mknod /tmp/mem c 1 1; mknod /tmp/n c 1 3"])
        self.assertEqual(result.out, "1\n")
        self.assertEqual(result.err.count("ermission") + result.err.count("not permitted"), 2, result.err)

    def test_binds_in_covered_places_work_and_bad_guests_are_refused(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as source:  # /tmp is covered by the new root
            os.chmod(source, 0o755)
            pathlib.Path(source, "f").write_text("seen")
            self.assertEqual(box.run(["/bin/cat", "/deep/er/f"], ro=[f"{source}:/deep/er"]).out, "seen")
            seen = box.run(["/bin/sh", "-c", "cat /tmp/in/side/f; echo x > /tmp/in/own; ls /tmp /tmp/in; echo x > /tmp/in/side/f"], ro=[f"{source}:/tmp/in/side"])
            self.assertEqual(seen.out, "seen/tmp:\nin\n\n/tmp/in:\nown\nside\n", seen.err)
            self.assertIn("ead-only", seen.err)
            for guest in ("/../x", "/a/../../b", "/", "/tmp"):
                self.assertEqual(box.run(["/bin/true"], ro=[f"{source}:{guest}"]).code, 125, guest)
            self.assertEqual(box.run(["/bin/true"], ro=["/nonexistent:/x"]).code, 125)


if __name__ == "__main__":
    unittest.main()
