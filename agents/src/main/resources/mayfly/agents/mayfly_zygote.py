"""Mayfly's Python agent in a sandbox: a zygote that loads the handler once and is forked for every machine.

Descriptor 3 is a listening Unix socket. The first connection is the control connection (Init, Ping); each further
one is a machine: the zygote accepts it, forks a child into its own pid and mount namespace, and the child serves
Exec frames on it. When the node hangs up, the zygote kills the child; when the child is gone, with everything it
started, the zygote says how it ended and closes its copy, and the node reads the end of the stream.

Raw descriptors: a socket object's finaliser could close a reused number in a child.
"""

import _socket
import _thread
import errno
import fcntl
import gc
import json
import os
import resource
import select
import signal
import sys
import time

from mayfly_call import answer, call, failure
from mayfly_channel import EXEC, HEADER, INIT, PING, RESPONSE, Channel, ProtocolError, disown, logs
from mayfly_fork import Forker, ForkHooks
from mayfly_handler import Handler, refuse_threads

CHANNEL_FD_MIN = 100  # out of the way of handlers that count descriptors from 3
THREAD_STACK = 2 << 20  # stacks count against the memory limit in full
EXIT_CHANNEL_LOST, EXIT_PROTOCOL = 81, 82
CPUS = os.cpu_count() or 1


# ---- the machine: what runs in a forked child ----

class Machine:
    """One child and its connection, as the zygote sees them."""

    __slots__ = ("conn", "pid", "pidfd", "hung_up")

    def __init__(self, conn, pid):
        self.conn, self.pid, self.pidfd, self.hung_up = conn, pid, os.pidfd_open(pid), False


def private_output():
    """Descriptors 1 and 2 become an unnamed file in the machine's own /tmp; its tail is sent with the response."""
    fd = os.open("/tmp", os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def reseed():
    """Two processes must not draw the same numbers; the random module reseeds itself after a fork."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def prepare(handler):
    """What a child can do before its work arrives: the pages that every call touches become its own now."""
    init = handler.init
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if processes != resource.RLIM_INFINITY:
        # the rest is the zygote's, so that it can still fork while this machine is a fork bomb
        mine = max(16, processes - 2 * init.get("machines", 1))
        resource.setrlimit(resource.RLIMIT_NPROC, (mine, mine))
    reseed()
    private_output()
    logs.begin(None)
    handler.rehearse(b'{"id":"","json":true,"deadline_ms":1}', b'{"":0}')
    HEADER.pack(*HEADER.unpack(bytes(HEADER.size)))
    logs.end()


def serve_machine(conn, handler):
    """Runs in the child; never returns."""
    code = EXIT_PROTOCOL
    try:
        prepare(handler)
        channel = Channel(conn)
        me = os.getpid()
        while True:
            message = channel.read()
            if message is None:
                break
            kind, meta, payload = message
            if kind == PING:
                channel.write(PING, b"")
                continue
            if kind != EXEC:
                raise ProtocolError("unexpected frame type %d" % kind)
            perform(channel, handler, json.loads(meta), payload, me)
            if not handler.init.get("reusable"):
                break
        code = 0
    except OSError:
        code = EXIT_CHANNEL_LOST
    finally:
        os._exit(code)


def perform(channel, handler, meta, payload, me):
    if not handler.init.get("reusable"):
        limit_cpu(meta)
    logs.begin(channel)
    done = call(handler, meta, payload)
    if os.getpid() != me:
        os._exit(0)  # a process that the handler forked came out of it too: the answer is not its to give
    logs.end()
    answer(channel, *done)


def limit_cpu(meta):
    """A second fence behind the node's deadline: all processors for the whole time, and some."""
    seconds = (meta.get("deadline_ms", 0) // 1000 + 5) * CPUS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


# ---- the zygote ----

class Zygote:
    """One poll loop over the listener, the control connection, and each machine's connection and process."""

    def __init__(self, listener):
        listener = high(listener)
        self.listener = _socket.socket(fileno=listener)
        self.listener.setblocking(False)
        self.poll = select.poll()
        self.poll.register(listener, select.POLLIN)
        self.on = {listener: self.accept}
        self.control = None
        self.handler = None
        self.forker = Forker()
        self.hooks = ForkHooks()
        self.machines = {}

    def serve(self):
        while True:
            for fd, _ in self.poll.poll():
                act = self.on.get(fd)
                if act is not None:  # else an earlier event of this round closed it
                    act(fd)

    def watch(self, fd, events, act):
        self.on[fd] = act
        self.poll.register(fd, events)

    def forget(self, fd):
        del self.on[fd]
        self.poll.unregister(fd)

    def accept(self, _):
        try:
            conn, _ = self.listener._accept()
        except OSError as failed:
            if failed.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                time.sleep(0.01)  # the connection stays queued; do not spin until there is room for it
            return
        if self.control is None:
            self.control = Channel(high(conn))
            self.watch(self.control.fd, select.POLLIN, self.on_control)
        elif self.handler is None:
            os.close(conn)
        else:
            self.start(conn)

    def on_control(self, _):
        message = self.control.read()
        if message is None:
            os._exit(0)  # the node is gone; pid 1 and the namespace end with us
        kind, meta, _ = message
        if kind == PING:
            self.control.write(PING, b"")
        elif kind == INIT:
            self.init(json.loads(meta))
        else:
            os._exit(EXIT_PROTOCOL)

    def init(self, init):
        try:
            if init.get("memory"):
                resource.setrlimit(resource.RLIMIT_DATA, (init["memory"], init["memory"]))
                _thread.stack_size(THREAD_STACK)
            self.forker.tmp_bytes = init.get("tmp") or self.forker.tmp_bytes
            self.hooks.hold()
            handler = Handler(init)
            refuse_threads()
            self.forker.settle()
            gc.collect()
            gc.freeze()  # a collection in a child must not touch, and so copy, what was loaded here
        except BaseException as error:
            self.control.respond({"status": "error", "error": failure(error, init.get("code", "/app"))})
            return
        self.handler = handler
        self.control.respond({"status": "ready", "fork": self.forker.mode})

    def start(self, conn):
        try:
            pid = self.forker.fork()
        except OSError as refused:
            self.say_last(conn, {"status": "refused", "message": "fork: %s" % refused.strerror})
            os.close(conn)
            return
        if pid == 0:
            self.become_machine(conn)
        machine = Machine(conn, pid)
        self.machines[pid] = machine
        self.watch(conn, select.POLLRDHUP, lambda _: self.hung_up(machine))
        self.watch(machine.pidfd, select.POLLIN, lambda _: self.ended(machine))

    def become_machine(self, conn):
        try:
            failed = self.forker.enter()
            if not failed:
                self.listener.close()
                os.close(self.control.fd)
                for other in self.machines.values():
                    os.close(other.conn)
                    os.close(other.pidfd)
                conn = high(conn)
        except BaseException:
            failed = EXIT_PROTOCOL
        if failed:
            self.say_last(conn, {"status": "refused", "message": "the machine could not be confined: %s"
                                 % self.forker.stage(failed)})
            os._exit(failed)
        self.hooks.restore()
        serve_machine(conn, self.handler)

    def hung_up(self, machine):
        machine.hung_up = True
        self.forget(machine.conn)
        self.kill(machine)

    def kill(self, machine):
        signal.pidfd_send_signal(machine.pidfd, signal.SIGKILL)
        if self.forker.mode != "namespaces":
            try:
                os.killpg(machine.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def ended(self, machine):
        if self.forker.mode != "namespaces":
            self.kill(machine)  # its process group may outlive it
        status = os.waitstatus_to_exitcode(os.waitpid(machine.pid, 0)[1])
        del self.machines[machine.pid]
        if self.forker.mode != "namespaces":
            self.kill_orphans()
        self.forget(machine.pidfd)
        if not machine.hung_up:
            self.forget(machine.conn)
            self.say_last(machine.conn, ending(status))
        os.close(machine.pidfd)
        os.close(machine.conn)

    def kill_orphans(self):
        """Without a pid namespace: what left its process group came to us when its parent died."""
        try:
            with open("/proc/thread-self/children") as children:
                pids = [int(pid) for pid in children.read().split()]
            for pid in pids:
                if pid not in self.machines:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        except OSError:
            pass

    @staticmethod
    def say_last(conn, meta):
        meta = json.dumps(meta).encode()
        try:
            os.set_blocking(conn, False)
            os.write(conn, HEADER.pack(len(meta), 1, RESPONSE, len(meta)) + meta)
        except OSError:  # the node is not interested any more
            pass


def ending(status):
    if status < 0:
        return {"status": "exited", "signal": -status}
    said = {EXIT_CHANNEL_LOST: "the work channel was closed inside the machine"}
    return {"status": "exited", "code": status, "message": said.get(status, "")}


def high(fd):
    """Moves a descriptor out of the way; closed on exec."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, CHANNEL_FD_MIN)
    os.close(fd)
    return moved


def serve(fd):
    os.register_at_fork(after_in_child=disown)
    Zygote(fd).serve()
