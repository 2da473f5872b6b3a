"""Serves requests of mixed kinds on descriptors 1000 and 1001; each leaves as much behind as it can."""
import os
import signal
import sys
import threading

count = 0
left = []


def ping():
    pass


def io():
    for _ in range(3):
        with open("/etc/hostname") as f:
            left.append(f.read())


def error():
    try:
        {}["missing"]
    except KeyError as e:
        left.append(e)


def deep():
    try:
        (lambda f: f(f))(lambda f: f(f))
    except RecursionError as e:
        left.append(str(e))


def objects():
    left.extend([str(i), [i]] for i in range(20_000))


def big():
    left.append(bytearray(b"x") * (6 << 20))


def huge():  # more than a machine keeps between requests
    left.append(bytearray(b"y") * (24 << 20))


def threads():
    started = [threading.Thread(target=left.append, args=(i,)) for i in range(4)]
    for t in started:
        t.start()
    for t in started:
        t.join()


def files():
    os.makedirs("/tmp/a/b", exist_ok=True)
    for i in range(5):
        with open("/tmp/a/b/%d" % i, "w") as f:
            f.write("z" * 10_000)
    os.rename("/tmp/a/b/1", "/tmp/c")
    left.append(open("/tmp/c"))


def endless():
    while True:
        left.append(0)
        left.clear()


def exits():
    os._exit(3)


def dies():
    os.kill(os.getpid(), signal.SIGSEGV)


sys.setrecursionlimit(400)
kinds = {f.__name__: f for f in (ping, io, error, deep, objects, big, huge, threads, files, endless, exits, dies)}
while True:
    request = os.read(1000, 4096).decode()
    count += 1
    clean = not left and not os.path.exists("/tmp/a") and not os.path.exists("/tmp/c")
    kinds[request]()
    os.write(1001, b"count=%d clean=%s " % (count, str(clean).encode()) + request.encode())
