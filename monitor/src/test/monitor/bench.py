"""bench.py [DIR]: measures spawn latency, memory of many monitors, re-attaching, with the directories in DIR."""

import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from rig import BUILT, Spawner, Task

FIRST = b"""
#include <time.h>
#include <unistd.h>
int main(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return write(1, &t, sizeof t) != sizeof t; }
"""


def spread(name, values, unit):
    values = sorted(values)
    p99 = values[min(len(values) - 1, int(len(values) * 0.99))]
    print(f"{name:58} p50 {statistics.median(values):8.3f}  p99 {p99:8.3f} {unit}  (n={len(values)})")


def first_instruction(home, spawner, n=300):
    """From the call until the command's first instruction, by the clock that the command read itself."""
    program = home / "first"
    compiler = shutil.which("musl-gcc") or "gcc"
    subprocess.run([compiler, "-O2", "-static", "-x", "c", "-", "-o", program], input=FIRST, check=True)
    first, known = [], []
    for _ in range(n):
        task = Task(home, [str(program)])
        start = time.monotonic_ns()
        assert spawner.spawn(task)["ok"]
        known.append((time.monotonic_ns() - start) / 1e6)
        task.ended()
        seconds, nanos = memoryview((task.dir / "stdout").read_bytes()).cast("q")
        first.append((seconds * 10**9 + nanos - start) / 1e6)
    spread("spawn request -> first instruction of the command", first, "ms")
    spread("spawn request -> pid known to the caller", known, "ms")


def rollup(pid):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {l.split(":")[0]: int(l.split()[1]) for l in lines}


def many(home, spawner, n=200):
    tasks = [Task(home, ["/bin/sleep", "600"]) for _ in range(n)]
    start = time.monotonic()
    for task in tasks:
        spawner.send(task.dir)
    monitors = [spawner.reply()["status"]["monitor"] for _ in tasks]
    print(f"{'spawns per second, all asked at once':58} {n / (time.monotonic() - start):12.0f} /s  (n={n})")
    spread("memory of a monitor: PSS", [rollup(p)["Pss"] for p in monitors], "KB")
    spread("memory of a monitor: RSS", [rollup(p)["Rss"] for p in monitors], "KB")
    spread("memory of a monitor: private dirty", [rollup(p)["Private_Dirty"] for p in monitors], "KB")
    times = []
    for task in tasks:
        start = time.monotonic()
        assert task.ask("status")["ok"]
        times.append((time.monotonic() - start) * 1e3)
    spread("connect and status", times, "ms")
    before = sum(cpu_ns(p) for p in monitors)
    time.sleep(5)
    used = sum(cpu_ns(p) for p in monitors) - before
    print(f"{'CPU of idle monitors':58} {used / 5 / n / 1e3:12.1f} us per second each")
    start = time.monotonic()
    for task in tasks:
        task.ask("kill", signal=9)
    for task in tasks:
        task.ended()
    print(f"{'kill all and see their durable ends':58} {(time.monotonic() - start) * 1e3 / n:12.3f} ms each")


def cpu_ns(pid):
    """By the scheduler's own account: clock ticks of 10 ms would round every wake-up of a monitor to nothing."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def main():
    home = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-bench-", dir=sys.argv[1] if len(sys.argv) > 1 else None))
    binary = home / "mayfly-monitor"
    shutil.copy(BUILT, binary)
    spawner = Spawner(str(binary))
    try:
        first_instruction(home, spawner)
        many(home, spawner)
    finally:
        spawner.close()
        for left in home.glob("task_*/monitor.sock"):
            Task.at(left.parent).ask("kill", signal=9)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
