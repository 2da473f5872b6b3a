#!/usr/bin/env python3
"""Runs the sandbox tests, and as root a second time as a normal user; prints why anything was skipped.
Usage: run.py [test_module ...]"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
NOBODY = "65534"


def run_here(modules):
    sys.path.insert(0, str(HERE))
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"sandbox-as-uid-{os.geteuid()}: {result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped",
          flush=True)
    return 0 if result.wasSuccessful() else 1


def run_as_nobody(modules):
    """In a copy that nobody can read: a source tree may lie in a closed home directory."""
    setpriv = shutil.which("setpriv")
    if not setpriv:
        print("skipped: sandbox tests as a normal user: no setpriv on this host")
        return 0
    import box
    import test_forkbox

    with tempfile.TemporaryDirectory(prefix="box_tests_") as copy:
        os.chmod(copy, 0o755)
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        if "BOX_MARK" in os.environ:
            env["BOX_MARK"] = os.environ["BOX_MARK"]
        for file in HERE.glob("*.py"):
            shutil.copy(file, copy)
        for name, source in (("MAYFLY_MONITOR", box.BINARY), ("MAYFLY_FORKBOX", test_forkbox.FORKBOX)):
            if os.path.exists(source):
                env[name] = shutil.copy(source, copy)
        user = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        return subprocess.run([*user, python, os.path.join(copy, "run.py"), *modules], env=env, cwd=copy).returncode


def build_forkbox():
    """The agents module is built after this one, so its tests here bring their own copy."""
    if os.environ.get("MAYFLY_FORKBOX") or not shutil.which("gcc"):
        return
    project = HERE.parents[3]
    out = project / "monitor/target/test"
    subprocess.run(["make", "-s", "-C", str(project / "agents"), f"OUT={out}"], check=True, stdout=subprocess.DEVNULL)
    os.environ["MAYFLY_FORKBOX"] = str(out / "forkbox.so")


def main():
    build_forkbox()
    modules = sys.argv[1:] or sorted(pathlib.Path(path).stem for path in glob.glob(str(HERE / "test_*.py")))
    status = run_here(modules)
    if os.geteuid() == 0:
        status |= run_as_nobody(modules)
    return status


if __name__ == "__main__":
    sys.exit(main())
