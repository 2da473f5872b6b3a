"""full_disk.py DISK BINARY: inside a mount namespace where DISK is a small tmpfs. Prints ok."""

import errno
import os
import pathlib
import sys

from rig import Spawner, Task, await_that

disk, binary = pathlib.Path(sys.argv[1]), sys.argv[2]


def fill():
    with open(disk / "ballast", "ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError as e:
            assert e.errno == errno.ENOSPC, e


spawner = Spawner(binary)
running = Task(disk, ["sleep", "60"])
late = Task(disk, ["sleep", "60"])
assert spawner.spawn(running)["status"]["state"] == "running"
fill()
refused = spawner.spawn(late)
assert (refused["ok"], refused["stage"], refused["errno"]) == (False, "status", errno.ENOSPC), refused
assert not (late.dir / "status").exists()
assert running.ask("kill", signal=9)["ok"]
status = running.ended()
assert (status["state"], status["signal"], status["cause"]) == ("exited", 9, "asked"), status
os.unlink(disk / "ballast")
assert spawner.spawn(late)["status"]["state"] == "running"
late.ask("kill", signal=9)
await_that(lambda: late.ended(), "the end")
spawner.close()
print("ok")
