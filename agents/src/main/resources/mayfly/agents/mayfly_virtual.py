"""Mayfly's Python agent in a virtual machine, where there is no zygote: the machine itself is copied.

The connection is there from the start, and waiting for a call on it is where the machine is frozen. Its copies begin
there, each with one call, and are put back afterwards. OpenSSL reseeds itself, since each copy has another process id.
"""

import gc
import json
import os
import sys

from mayfly_call import answer, call, failure
from mayfly_channel import EXEC, INIT, PING, Channel, logs
from mayfly_handler import Handler

EXIT_PROTOCOL = 82


def plant(seed):
    """For each call: what the machine's copies share must not give the same numbers."""
    random = sys.modules.get("random")
    if random is not None:
        random.seed(seed)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(seed & 0xFFFFFFFF)


def serve(fd):
    channel = Channel(fd)
    handler = None
    while True:
        message = channel.read()
        if message is None:
            return
        kind, meta, payload = message
        if kind == PING:
            channel.write(PING, b"")
        elif kind == INIT and handler is None:
            handler = load(channel, json.loads(meta))
        elif kind == EXEC and handler is not None:
            meta = json.loads(meta)
            if "seed" in meta:
                plant(meta["seed"])
            logs.begin(channel)
            done = call(handler, meta, payload)
            logs.flush()  # and no more than that: each system call is an exit of the machine
            answer(channel, *done)
        else:
            os._exit(EXIT_PROTOCOL)


def load(channel, init):
    try:
        handler = Handler(init)
        logs.begin(None)
        handler.rehearse(b'{"id":"","json":true,"deadline_ms":1}', b'{"":0}')
        logs.channel = None
        gc.collect()
        gc.freeze()
    except BaseException as error:
        channel.respond({"status": "error", "error": failure(error, init.get("code", "/app"))})
        return None
    channel.respond({"status": "ready"})
    return handler
