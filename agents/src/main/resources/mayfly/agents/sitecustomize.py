"""Python imports this at its start, in machines that serve connections.

The machines of a service are copies of one that ran to where it waits for a connection. Without this all of them would draw
the same numbers. It leaves no trace: what PYTHONPATH was is there again, and the sitecustomize that this one hides is run.
"""

import importlib.machinery
import os
import socket
import sys

_HERE = os.path.dirname(__file__)


def _unhide():
    sys.path[:] = [path for path in sys.path if path != _HERE]
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path != _HERE]
    if any(paths):
        os.environ["PYTHONPATH"] = ":".join(paths)
    else:
        os.environ.pop("PYTHONPATH", None)
    hidden = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if hidden is not None and hidden.loader is not None:
        hidden.loader.exec_module(sys.modules[__name__])


def _renewing(accept):
    def _accept(self):
        accepted = accept(self)
        random = sys.modules.get("random")
        if random is not None:
            random.seed()
        return accepted

    return _accept


socket.socket._accept = _renewing(socket.socket._accept)
_unhide()
