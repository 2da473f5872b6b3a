"""What the machine conformance kit runs in Python machines: one handler that does what the event says, mostly evil."""
import ctypes
import json
import os
import errno
import random
import signal
import socket
import subprocess
import sys
import time

calls = 0
page = b"x" * (1 << 16)


def echo(event):
    return event


def handle(event, context):
    return globals()["do_" + event["do"]](event)


def do_echo(event):
    return event


def do_fail(event):
    raise ValueError(event["text"])  # raises here


def do_count(event):
    global calls
    calls += 1
    return calls


def do_leave(event):
    with open("/tmp/left", "w") as file:
        file.write("secret")
    os.environ["LEFT"] = "secret"
    children = child(["sleep", "1000"]) and child(["sleep", "1000"], start_new_session=True)
    while children and do_look(event)["sleeping"] < 2:  # a process gets its name a little after its exec
        pass
    return do_look(event)


def child(command, **options):
    """Starts one; False where machines have a single process."""
    try:
        subprocess.Popen(command, **options)
    except OSError as refused:
        if refused.errno != errno.ENOSYS:
            raise
        return False
    return True


def do_look(event):
    sleeping = 0
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/comm" % pid) as comm:
                sleeping += pid.isdigit() and comm.read() == "sleep\n"
        except OSError:
            pass
    return {"tmp": os.path.exists("/tmp/left"), "env": os.environ.get("LEFT"), "sleeping": sleeping, "calls": calls}


def do_random(event):
    return [random.random(), random.getrandbits(64)]


def do_spin(event):
    while True:
        pass


def do_block(event):
    time.sleep(100000)


def do_stubborn(event):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    for _ in range(3):
        try:
            if os.fork() == 0:
                os.setsid()
                while True:
                    time.sleep(1000)
        except OSError as refused:
            if refused.errno != errno.ENOSYS:
                raise
    while True:
        time.sleep(1000)


def do_bomb(event):
    while True:
        try:
            if os.fork() == 0:
                event = {}
        except OSError:
            pass


def do_hog(event):
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1) * (1 << 20)))


def do_print(event):
    for _ in range(event["mb"] << 4):
        sys.stdout.write("x" * 65535 + "\n")
    return "done"


def do_descriptor1(event):
    written = 0
    try:
        for _ in range(event["mb"] << 4):
            written += os.write(1, page)
    except OSError:
        pass
    return "done"


def do_log(event):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    os.system("echo from a child")
    return "done"


def do_close(event):
    os.closerange(3, 4096)
    return "closed"


def do_garbage(event):
    for fd in range(3, 4096):
        try:
            os.write(fd, b"\xff" * 4096)
        except OSError:
            pass
    time.sleep(100000)


def do_exit(event):
    os._exit(7)


def do_abort(event):
    ctypes.string_at(0)


def do_read(event):
    try:
        with open(event["path"], "rb") as file:
            return "read %d bytes" % len(file.read())
    except OSError as error:
        return "refused: %s" % error.strerror


def do_list(event):
    try:
        return sorted(os.listdir(event["path"]))
    except OSError as error:
        return ["refused: %s" % error.strerror]


def do_connect(event):
    reached = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", event["port"])), (socket.AF_INET, (event["address"], event["port"])),
                            (socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_UNIX, event["path"])):
        try:
            with socket.socket(family) as trial:
                trial.settimeout(2)
                trial.connect(address)
                reached.append(str(address))
        except OSError:
            pass
    return reached


def do_descriptors(event):
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.append("%s %s" % (fd, os.readlink("/proc/self/fd/" + fd)))
        except OSError:
            pass  # the listing's own
    return found


def do_signal(event):
    reached = []
    for pid in event["pids"]:
        try:
            os.kill(pid, signal.SIGKILL)
            reached.append(pid)
        except OSError:
            pass
    for pid in (os.getppid(), -1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return reached


def do_rights(event):
    with open("/proc/self/status") as status:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    libc = ctypes.CDLL(None)
    return {
        "capabilities": lines["CapEff"], "no_new_privileges": lines["NoNewPrivs"], "seccomp": lines["Seccomp"],
        "mount": libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), "unshare": libc.unshare(0x10000000),
        "ptrace": libc.ptrace(16, 1, 0, 0), "environment": sorted(os.environ),
    }
