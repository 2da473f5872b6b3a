#!/usr/bin/env python3
"""Plants one bug per promise into a copy of the sources and shows that a test catches it. Takes minutes; run by hand."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULE = HERE.parents[2]
# (file, text, replacement, test that must fail)
MUTANTS = [
    ("renew.c", "if (tee(old_end", "if (0 && tee(old_end", "test_descriptors"),
    ("renew.c", "recv(old_end, bytes, sizeof bytes, MSG_PEEK", "recv(old_end, bytes, 0, MSG_PEEK", "test_descriptors"),
    ("renew.c", "eventfd((unsigned)count,", "eventfd(0,", "test_descriptors"),
    ("renew.c", "if (error == 0) error = watch_again();", "", "test_descriptors"),
    ("renew.c", "case EPOLL: return put(d, epoll_create1(EPOLL_CLOEXEC), true);", "case EPOLL: return 0;", "test_descriptors"),
    ("renew.c", "return renew_file(d);", "return 0;", "test_descriptors"),
    ("renew.c", "if (error == 0) close_rest(wanted);", "", "test_machines"),
    ("memory.c", "memcpy(copy, shared[i].at, shared[i].bytes);", "{}", "test_descriptors"),
    ("machine.c", "if (memory_renew() != 0)", "if (0)", "test_descriptors"),
    ("machine.c", "if (!has_let_go())", "if (1)", "test_descriptors"),
    ("machine.c", "&& !has_company()) {", ") {", "test_descriptors"),
    ("machine.c", "holder_besides(fd) < 0 &&", "", "test_descriptors"),
    ("machine.c", "FORKBOX_DROP_CAPS |", "", "test_machines"),
    ("machine.c", "if (places_renew() != 0)", "if (0)", "test_machines"),
    ("machines.c", "kill(m->pid, SIGKILL);", "", "test_machines"),
    ("runtime.c", "python.child();", "", "test_machines"),
    ("passed.c", "memcpy(v6->sin6_addr.s6_addr + 12", "if (0) memcpy(v6->sin6_addr.s6_addr + 12", "test_machines"),
    ("interpose.c", "machine_is_foreign(fd) ? 0 : result", "0 ? 0 : result", "test_machines"),
    ("interpose.c", "if (hook.mode == SHARED) shared_closed(fd);", "", "test_shared"),
]


def run(mutant):
    file, text, replacement, test = mutant
    with tempfile.TemporaryDirectory(prefix="hook_mutant_") as copy:
        for module in ("hook", "monitor", "agents"):
            shutil.copytree(MODULE.parent / module / "src", pathlib.Path(copy, module, "src"))
        shutil.copy(MODULE / "Makefile", pathlib.Path(copy, "hook"))
        source = pathlib.Path(copy, "hook/src/main/c", file)
        old = source.read_text()
        if text not in old:
            return "its text is gone"
        source.write_text(old.replace(text, replacement))
        out = pathlib.Path(copy, "out")
        make = subprocess.run(["make", "-s", "-C", f"{copy}/hook", f"OUT={out}", "WARNINGS=-w"], capture_output=True, text=True)
        if make.returncode:
            return "does not compile: " + make.stderr
        os.makedirs(out, exist_ok=True)
        env = os.environ | {"MAYFLY_HOOK": str(out / "mayfly-hook.so"), "PYTHONPATH": str(HERE)}
        try:
            done = subprocess.run([sys.executable, "-m", "unittest", "-f", test], env=env, cwd=HERE, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return None
        return None if done.returncode else "no test noticed"


def main():
    wrong = 0
    for mutant in MUTANTS:
        problem = run(mutant)
        wrong += problem is not None
        print("caught" if problem is None else f"NOT CAUGHT ({problem})", *mutant[:2], flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
