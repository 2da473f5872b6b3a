"""One call of a handler, the same in a forked process and in a virtual machine."""

import time

from mayfly_channel import RESPONSE
from mayfly_handler import describe

spare = bytearray(1 << 20)  # given back when memory ran out, so that the error can still be told


def call(handler, meta, payload):
    """Never raises; gives what answer() wants to know."""
    start = time.perf_counter_ns()
    try:
        is_json, output = handler.run(meta, payload)
        error = None
    except BaseException as raised:
        is_json, output = False, b""
        error = failure(raised, handler.code)
    return (time.perf_counter_ns() - start) // 1000, is_json, output, error


def failure(error, code):
    """The wire form of an exception, of MemoryError too."""
    spare.clear()
    return describe(error, code)


def answer(channel, micros, is_json, output, error):
    if error is None:
        channel.write(RESPONSE, b'{"status":"ok","json":%s,"us":%d}' % (b"true" if is_json else b"false", micros), output)
    else:
        channel.respond({"status": "error", "us": micros, "error": error})
