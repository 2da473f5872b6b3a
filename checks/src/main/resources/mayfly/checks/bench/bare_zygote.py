"""The baseline for fresh Python calls: a zygote that only forks, with no sandbox, no HTTP and no node.

Prints the median and the 99th percentile, in microseconds, of: request sent -> child forked -> reply received.
"""
import asyncio  # noqa: F401  the same imports as a typical handler: they set how much memory a fork has to copy
import gc
import json
import os
import socket
import sys
import time


def zygote(channel):
    gc.collect()
    gc.freeze()
    while True:
        request = channel.recv(65536)
        if not request:
            return
        child = os.fork()
        if child == 0:
            channel.send(json.dumps({"echo": json.loads(request), "pid": os.getpid()}).encode())
            os._exit(0)
        os.waitpid(child, 0)
        channel.send(b"reaped")


def measure(count, channel):
    times = []
    for i in range(count + 50):
        begin = time.perf_counter_ns()
        channel.send(b'{"name":"bench"}')
        channel.recv(65536)
        taken = time.perf_counter_ns() - begin
        channel.recv(64)
        if i >= 50:
            times.append(taken // 1000)
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


def main():
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        zygote(its)
        os._exit(0)
    its.close()
    print(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else 500, ours))


main()
