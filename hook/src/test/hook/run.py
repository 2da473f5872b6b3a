#!/usr/bin/env python3
"""Runs the hook's tests, and as root a second time as a normal user; prints why anything was skipped.
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
    print(f"hook-as-uid-{os.geteuid()}: {result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if result.wasSuccessful() else 1


def run_as_nobody(modules):
    """In a copy that nobody can read: a source tree may lie in a closed home directory."""
    setpriv = shutil.which("setpriv")
    if not setpriv:
        print("skipped: hook tests as a normal user: no setpriv on this host")
        return 0
    import rig

    with tempfile.TemporaryDirectory(prefix="hook_tests_") as copy:
        os.chmod(copy, 0o755)
        boxes, files = pathlib.Path(copy, "box"), pathlib.Path(copy, "hook")
        boxes.mkdir()
        files.mkdir()
        for file in HERE.glob("*.*"):
            shutil.copy(file, copy)
        for name in ("box.py", "frames.py"):
            shutil.copy(pathlib.Path(rig.box.__file__).parent / name, boxes)
        for file in pathlib.Path(rig.HOOK).parent.glob("mayfly-hook.*"):
            shutil.copy(file, files)
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
               "MAYFLY_BOX": str(boxes), "MAYFLY_HOOK": str(files / "mayfly-hook.so"),
               "MAYFLY_MONITOR": shutil.copy(rig.box.BINARY, copy)}
        user = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        return subprocess.run([*user, python, os.path.join(copy, "run.py"), *modules], env=env, cwd=copy).returncode


def main():
    modules = sys.argv[1:] or sorted(pathlib.Path(path).stem for path in glob.glob(str(HERE / "test_*.py")))
    status = run_here(modules)
    if os.geteuid() == 0:
        status |= run_as_nobody(modules)
    return status


if __name__ == "__main__":
    sys.exit(main())
