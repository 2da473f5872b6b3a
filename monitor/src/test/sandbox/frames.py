"""The node's side of the work channel, for tests."""

import json
import struct

INIT, EXEC, RESPONSE, PING, LOG = 1, 2, 3, 4, 5


def send(sock, kind, meta=None, data=b""):
    head = json.dumps(meta).encode() if meta is not None else b""
    sock.sendall(struct.pack(">IBBH", len(head) + len(data), 1, kind, len(head)) + head + data)


def exactly(sock, length):
    data = b""
    while len(data) < length:
        part = sock.recv(length - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {length} bytes")
        data += part
    return data


def receive(sock):
    """(type, meta, bytes)"""
    length, version, kind, meta_length = struct.unpack(">IBBH", exactly(sock, 8))
    assert version == 1
    body = exactly(sock, length)
    return kind, json.loads(body[:meta_length] or b"null"), body[meta_length:]


def call(sock, data=b"", init=None, **meta):
    """Init and one Exec: (response meta, result, log)."""
    send(sock, INIT, {"handler": "", "code": "/app", "runtime": "native", "reusable": False, **(init or {})})
    kind, ready, _ = receive(sock)
    assert (kind, ready) == (RESPONSE, {"status": "ready"}), (kind, ready)
    return execute(sock, data, **meta)


def execute(sock, data=b"", **meta):
    send(sock, EXEC, {"id": "inv_1", "json": False, "deadline_ms": 10000, **meta}, data)
    log = b""
    while True:
        kind, answer, bytes_ = receive(sock)
        if kind == RESPONSE:
            return answer, bytes_, log
        assert kind == LOG, kind
        log += bytes_
