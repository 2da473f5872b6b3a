"""Fails the n-th call of each system call, for all n, in the monitor and the executor (needs strace; `make faults`).
Whatever fails: there is one reply in time, and the directory tells the truth afterwards."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from rig import BUILT, PATIENCE, Task, alive, await_that

CALLS = (
    "open fcntl close dup dup2 dup3 flock fallocate pwrite64 write read mmap munmap socket bind listen prctl pipe2 "
    "vfork clone pidfd_open close_range signalfd4 chdir setsid unlink execve wait4 poll accept4 recvfrom sendto "
    "getsockopt fdatasync fsync fstat rt_sigprocmask rt_sigaction umask clock_gettime"
).split()


def truth(task):
    """Waits until the directory is settled: nothing recorded, ended, or a monitor dead with its command alive or gone."""

    def settled():
        if not (task.dir / "lock").exists():
            return "nothing"
        status = task.status()
        if status and status["state"] in ("exited", "failed"):
            return status["state"]
        return "left" if task.lock_is_free() else None

    return await_that(settled, f"{task.dir} to settle, it has {os.listdir(task.dir)}")


def inject(home, call, n):
    task = Task(home, ["/bin/true"])
    trace = home / "trace"
    command = ["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={n}"]
    done = subprocess.run(command + [BUILT, "monitor", task.dir], capture_output=True, text=True, timeout=PATIENCE + 60)
    if "(INJECTED)" not in trace.read_text():
        return None
    reply = json.loads(done.stdout) if done.stdout else None
    outcome = truth(task)
    if reply is None:
        word = f"no reply (exit status {done.returncode})"
    elif reply["ok"]:
        word = reply["status"]["state"] + " " + reply["status"]["stage"]
    else:
        word = "refused " + reply["stage"]
        assert reply["errno"] != 0, reply
    shutil.rmtree(task.dir)
    return f"{word.strip()} -> {outcome}"


def main():
    home = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-"))
    count = 0
    for call in sys.argv[1:] or CALLS:
        n, seen = 1, []
        while n < 40 and (outcome := inject(home, call, n)):
            seen.append(outcome)
            n += 1
        count += len(seen)
        print(f"{call}: {len(seen)}")
        for outcome in sorted(set(seen)):
            print(f"    {seen.count(outcome):3} {outcome}")
    shutil.rmtree(home)
    print(f"{count} faults, each answered and settled")


if __name__ == "__main__":
    main()
