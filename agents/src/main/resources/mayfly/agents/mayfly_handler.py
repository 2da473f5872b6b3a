"""The user's side of Mayfly's Python agent: loads a handler, calls it, and describes what it raised."""

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable

OUTPUT_MAX = 6 << 20
MESSAGE_MAX, STACK_MAX = 4 << 10, 16 << 10

encode_json = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


class Context:
    """What a handler may ask about its call."""

    __slots__ = ("invocation_id", "function_name", "function_version", "memory_limit", "deadline", "_end")

    def __init__(self, init, meta):
        self.invocation_id = meta.get("id", "")
        self.function_name, _, self.function_version = init.get("name", "").partition("@")
        self.memory_limit = init.get("memory", 0)  # bytes
        left = meta.get("deadline_ms", 0) / 1000.0
        self._end = time.monotonic() + left
        self.deadline = time.time() + left  # seconds since 1970 at which the machine is killed

    def get_remaining_time_in_millis(self):
        return max(0, int((self._end - time.monotonic()) * 1000))

    @property
    def aws_request_id(self):
        return self.invocation_id

    @property
    def memory_limit_in_mb(self):
        return self.memory_limit >> 20


class AgentError(Exception):
    """An error found by the agent, said in our words; kind is what the caller sees as the error's type."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


# ---- errors ----

def shown_path(path, code):
    return path[len(code) + 1:] if path.startswith(code + "/") else path


def describe(error, code):
    """The wire form of an exception; never raises itself."""
    try:
        return described(error, code)
    except BaseException as second:
        return {"type": type(error).__name__, "message": "(the error could not be shown: %s)" % type(second).__name__}


def described(error, code):
    trace = error.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(code + "/"):
        trace = trace.tb_next  # ours and the import machinery's; what the user's code called is below it
    if isinstance(error, MemoryError):
        traceback.clear_frames(trace)  # what filled the memory hangs on these frames
    kind = error.kind if isinstance(error, AgentError) else type(error).__qualname__
    if isinstance(error, SystemExit):
        message = "the handler called sys.exit(%s)" % ("" if error.code is None else repr(error.code))
    elif isinstance(error, SyntaxError):
        message = error.msg or ""
    else:
        message = str(error) or ("out of memory" if isinstance(error, MemoryError) else "")
    file, line = "", 0
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
    else:
        step = trace
        while step is not None:
            if not file or step.tb_frame.f_code.co_filename.startswith(code + "/"):
                file, line = step.tb_frame.f_code.co_filename, step.tb_lineno
            step = step.tb_next
    stack = "" if isinstance(error, AgentError) else "".join(traceback.format_exception(type(error), error, trace))
    if len(stack) > STACK_MAX:
        stack = stack[:STACK_MAX // 4] + "\n  [...]\n" + stack[16 - STACK_MAX * 3 // 4:]
    return {"type": kind, "message": message[:MESSAGE_MAX], "stack": stack, "file": shown_path(file, code), "line": line}


# ---- loading the handler ----

class Handler:
    """The user's function and how it wants to be called."""

    def __init__(self, init):
        self.init = init
        self.code = init.get("code", "/app")
        self.loop = None
        self.call = self.load(init.get("handler", ""))
        self.takes_context = self.wants_context(self.call)
        if getattr(getattr(self.call, "__code__", None), "co_flags", 0) & 0x80:
            importlib.import_module("asyncio")  # async def: pay for it once, here

    def load(self, name):
        module_name, dot, function_name = name.rpartition(".")
        if not dot or not all(part.isidentifier() for part in name.split(".")):
            raise AgentError("HandlerInvalid", "handler '%s' is not of the form module.function" % name)
        os.chdir(self.code)
        sys.path.insert(0, self.code)
        sys.argv = [self.code]
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as missing:
            if missing.name is None or not (module_name + ".").startswith(missing.name + "."):
                raise
            path = module_name.replace(".", "/")
            raise AgentError("HandlerMissing", "handler '%s': there is neither %s.py nor %s/__init__.py; the code has: %s"
                            % (name, path, path, listed(os.listdir(self.code)))) from None
        call = getattr(module, function_name, None)
        if call is None:
            names = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module_name]
            raise AgentError("HandlerMissing", "handler '%s': module %s has no '%s'; it defines: %s"
                            % (name, module_name, function_name, listed(names)))
        if not callable(call):
            raise AgentError("HandlerInvalid", "handler '%s' is a %s, not a function" % (name, type(call).__name__))
        return call

    @staticmethod
    def wants_context(call):
        function = getattr(call, "__func__", call)
        code = getattr(function, "__code__", None)
        if code is None:  # a class, a partial, a callable object, a builtin
            import inspect
            try:
                inspect.signature(call).bind(None, None)
                return True
            except (TypeError, ValueError):
                return False
        bound = 1 if function is not call else 0
        return bool(code.co_flags & 4) or code.co_argcount - bound >= 2

    def rehearse(self, meta, payload):
        """A call without the user's code in it."""
        Context(self.init, json.loads(meta)).get_remaining_time_in_millis()
        self.encoded(json.loads(payload))

    def run(self, meta, payload):
        """Returns (is_json, bytes); raises whatever the user's code raises."""
        event = payload
        if meta.get("json"):
            try:
                event = json.loads(payload) if payload else None
            except ValueError as reason:
                raise AgentError("PayloadInvalid", "the payload is not JSON: %s" % reason) from None
        result = self.call(event, Context(self.init, meta)) if self.takes_context else self.call(event)
        if isinstance(result, Awaitable):
            result = self.wait(result)
        return self.encoded(result)

    def wait(self, awaitable):
        import asyncio

        async def outcome():
            return await awaitable
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(outcome())

    @staticmethod
    def encoded(result):
        is_json = not isinstance(result, (bytes, bytearray, memoryview))
        if not is_json:
            output = bytes(result)
        else:
            try:
                try:
                    output = encode_json(result).encode()
                except UnicodeEncodeError:  # a lone surrogate: only escapes can carry it
                    output = json.dumps(result, allow_nan=False).encode()
            except (TypeError, ValueError, RecursionError) as reason:
                raise AgentError("ResultInvalid", "the handler's result (%s) is neither bytes nor JSON: %s"
                                % (type(result).__name__, reason)) from None
        if len(output) > OUTPUT_MAX:
            raise AgentError("ResultTooLarge", "the handler's result has %d bytes, at most %d are allowed"
                            % (len(output), OUTPUT_MAX))
        return is_json, output


def listed(names):
    names = sorted(name for name in names if not name.startswith((".", "__")))
    return ", ".join(names[:20]) + (", ..." if len(names) > 20 else "") if names else "nothing"


def refuse_threads():
    """A fork copies only the thread that forks: locks that others hold would never be released."""
    end = time.monotonic() + 0.5
    while len(os.listdir("/proc/self/task")) > 1:
        if time.monotonic() > end:
            python = [t.name for t in sys.modules["threading"].enumerate()[1:]] if "threading" in sys.modules else []
            who = "threads of Python: " + listed(python) if python else "native threads (of a library)"
            raise AgentError("ThreadsRunning", "loading the code left %s running, so it cannot be forked safely; start "
                            "them in the handler, or stop them at the end of the import (for numerical libraries set "
                            "OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1)" % who)
        time.sleep(0.005)
