"""The work channel of Mayfly's Python agent: frames on a raw descriptor, and the handler's output as Log frames.

Frames: u32 body length, u8 version, u8 type, u16 meta length, then meta (JSON) and bytes; big-endian.
"""

import _thread
import io
import json
import os
import struct
import sys

INIT, EXEC, RESPONSE, PING, LOG = 1, 2, 3, 4, 5
HEADER = struct.Struct(">IBBH")
BODY_MAX = 8 << 20
LOG_MAX = 256 << 10  # per call, both streams
LOG_FRAME_MAX = 16 << 10  # one socket buffer, so that a write of it is never split
TAIL_MIN = 4 << 10  # what native code and subprocesses may say even after the log is full


class ProtocolError(Exception):
    """The node sent something that is no frame."""


class Channel:
    """Frames on one connected socket."""

    def __init__(self, fd):
        self.fd = fd
        self.rest = b""
        self.lock = _thread.RLock()  # a signal handler may print while the main code prints

    def read(self):
        """The next (type, meta, bytes), or None when the node hung up. Meta stays undecoded."""
        data = self.rest or os.read(self.fd, 65536)
        while 0 < len(data) < HEADER.size:
            data += self.more()
        if not data:
            return None
        body, version, kind, meta = HEADER.unpack_from(data)
        if version != 1 or body > BODY_MAX or meta > body:
            raise ProtocolError("not a frame: %r" % data[:8])
        end = HEADER.size + body
        if len(data) < end:
            data = self.fill(data, end)
        self.rest = data[end:]
        return kind, data[8:8 + meta], data[8 + meta:end]

    def fill(self, data, end):
        whole = bytearray(end)
        at = len(data)
        whole[:at] = data
        with memoryview(whole) as view:
            while at < end:
                got = os.readv(self.fd, [view[at:]])
                if got == 0:
                    raise ProtocolError("the node hung up inside a frame")
                at += got
        return bytes(whole)

    def more(self):
        data = os.read(self.fd, 65536)
        if not data:
            raise ProtocolError("the node hung up inside a frame")
        return data

    def write(self, kind, meta, data=b""):
        head = HEADER.pack(len(meta) + len(data), 1, kind, len(meta)) + meta
        with self.lock:
            sent = os.writev(self.fd, (head, data))
            if sent < len(head) + len(data):
                left = memoryview(head + bytes(data))[sent:]
                while left:
                    left = left[os.write(self.fd, left):]

    def respond(self, meta, data=b""):
        self.write(RESPONSE, json.dumps(meta).encode(), data)


class Logs:
    """Where sys.stdout and sys.stderr go during one call; counts what was sent and stops at the limit."""

    channel = None  # while None, output goes to the plain descriptors 1 and 2
    left = 0

    def begin(self, channel):
        self.left = LOG_MAX
        self.channel = channel

    def send(self, stream, data):
        channel = self.channel
        size = len(data)
        if channel is None:
            left = data
            while left:
                left = left[os.write(stream, left):]
            return size
        if self.left < 0:
            return size
        meta = b'{"stream":%d}' % stream
        if size > self.left:
            data, size_sent = data[:self.left], self.left
            self.left = -1
        else:
            size_sent = size
            self.left -= size
        for at in range(0, size_sent, LOG_FRAME_MAX):
            channel.write(LOG, meta, data[at:at + LOG_FRAME_MAX])
        if self.left < 0:
            channel.write(LOG, b'{"stream":2}', b"\n[mayfly: log cut here, it is longer than %d bytes]\n" % LOG_MAX)
        return size

    def flush(self):
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            try:
                stream.flush()
            except Exception:  # the handler may have replaced or closed it
                pass

    def end(self):
        """Sends what native code and subprocesses wrote to descriptors 1 and 2, and closes the log."""
        self.flush()
        channel, self.channel = self.channel, None
        try:
            size = os.lseek(1, 0, os.SEEK_END)
        except OSError:  # the handler put something else there
            return
        if size == 0:
            return
        keep = min(size, max(self.left, TAIL_MIN))
        if keep < size:
            channel.write(LOG, b'{"stream":1}', b"[mayfly: the first %d bytes written here are left out]\n" % (size - keep))
        data = os.pread(1, keep, size - keep)
        for at in range(0, len(data), LOG_FRAME_MAX):
            channel.write(LOG, b'{"stream":1}', data[at:at + LOG_FRAME_MAX])
        os.ftruncate(1, 0)


logs = Logs()


class LogStream(io.RawIOBase):
    """The binary end of sys.stdout or sys.stderr."""

    def __init__(self, stream):
        self.stream = stream
        self.name = "<stdout>" if stream == 1 else "<stderr>"

    def writable(self):
        return True

    def fileno(self):
        return self.stream

    def isatty(self):
        return False

    def close(self):
        pass  # a handler that closes its output only silences itself

    def write(self, data):
        return logs.send(self.stream, bytes(data))


def capture_output():
    for stream, name in ((1, "stdout"), (2, "stderr")):
        text = io.TextIOWrapper(LogStream(stream), "utf-8", "backslashreplace", newline="\n", line_buffering=True)
        setattr(sys, name, text)
        setattr(sys, "__%s__" % name, text)


def disown():
    """After every fork: what the handler forks must not speak on the machine's channel."""
    logs.channel = None
