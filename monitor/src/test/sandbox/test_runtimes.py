"""The allow-lists let real programs run."""

import os
import shutil
import tempfile
import unittest

import box

C_PROGRAM = "#include <stdio.h>\n#include <pthread.h>\nstatic void *f(void *a) { return a; }\nint main(void) { pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); puts(\"built\"); }\n"
PYTHON = """
import subprocess, threading, multiprocessing, tempfile, socket, select, hashlib, os, concurrent.futures as f, asyncio, ssl, sqlite3, signal, mmap
print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())
with f.ThreadPoolExecutor(4) as pool: print(sum(pool.map(lambda n: n * n, range(100))))
with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, range(-10, 0))))
print(asyncio.run(asyncio.sleep(0, 'async')))
print(sqlite3.connect('/tmp/db').execute('select 1').fetchone()[0], len(os.urandom(8)), os.cpu_count() > 0)
"""
NODE = """
const { Worker } = require('worker_threads'), { execFileSync } = require('child_process'), crypto = require('crypto'), fs = require('fs');
console.log(execFileSync('echo', ['child']).toString().trim(), crypto.randomBytes(4).length, fs.readdirSync('/tmp').length);
new Worker('require("worker_threads").parentPort.postMessage(42)', { eval: true }).on('message', m => console.log(m));
crypto.pbkdf2('a', 'b', 1000, 8, 'sha256', () => console.log('pool'));
require('http').createServer((q, r) => r.end('x')).listen(0, function () { require('http').get({ port: this.address().port }, r => { console.log(r.statusCode); this.close(); r.resume(); r.socket.destroy(); }); });
"""


class Runtimes(unittest.TestCase):
    def program(self, name):
        path = shutil.which(name, path="/usr/bin:/usr/local/bin")
        if not path:
            self.skipTest(f"no {name} on this host")
        return path

    def ends_well(self, argv, expected, **keys):
        for profile in keys.pop("profiles", ("task", "agent")):
            result = box.run(argv, seccomp=profile, cwd="/tmp", env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}, **keys)
            self.assertEqual((result.code, result.err), (0, ""), f"{profile}: {result.out}")
            for text in expected:
                self.assertIn(text, result.out, profile)

    def test_python(self):
        self.ends_well([self.program("python3"), "-c", PYTHON], ["child", "328350", "55", "async", "1 8 True"])

    def test_node(self):
        self.ends_well([self.program("node"), "-e", NODE], ["child 4", "42", "pool", "200"])

    def test_node_with_a_memory_limit(self):
        self.ends_well([self.program("node"), "-e", NODE], ["child 4", "42"], memory=128 << 20)
        if box.is_root():  # and where no control group can be made
            self.ends_well([self.program("node"), "-e", "console.log(42)"], ["42"], memory=128 << 20, cgroup="/nonexistent")

    def test_perl(self):
        self.ends_well([self.program("perl"), "-e", "print `echo child`; fork // die; wait; print sqrt(16)"], ["child", "4"])

    def test_gcc(self):
        self.program("gcc")
        with tempfile.TemporaryDirectory() as source:
            os.chmod(source, 0o755)
            with open(os.path.join(source, "a.c"), "w") as file:
                file.write(C_PROGRAM)
            for flags in ("", "-static"):
                self.ends_well(["/bin/sh", "-c", f"gcc {flags} -pthread -o a /src/a.c && ./a"], ["built"], ro=[f"{source}:/src"])

    def test_git(self):
        self.program("git")
        script = "git init -q r && cd r && git config user.email a@b && git config user.name a && echo x > f && git add f && git commit -qm m && git gc -q && git log --oneline | wc -l"
        self.ends_well(["/bin/sh", "-c", script], ["1"])

    def test_shell_tools(self):
        self.ends_well(["/bin/sh", "-c", "seq 1000 | sort -rn | head -1; find /usr/bin -name env | xargs ls -l; tar cf - /etc 2>/dev/null | gzip | gzip -d | tar t | wc -l"], ["1000"])

    def test_java(self):
        java = os.path.realpath(shutil.which("java") or "/nonexistent")
        if not java.startswith("/usr/"):
            self.skipTest("no java below /usr on this host")
        home = os.path.dirname(os.path.dirname(java))
        conf = os.path.realpath(os.path.join(home, "conf"))  # Debian keeps it in /etc
        binds = [f"{conf}:{conf}"] if conf.startswith("/etc/") else []
        self.ends_well([java, "-Xmx64m", "-XX:+UseSerialGC", "--version"], ["OpenJDK"], ro=binds)


if __name__ == "__main__":
    unittest.main()
