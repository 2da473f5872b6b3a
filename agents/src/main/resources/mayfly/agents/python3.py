"""Mayfly's Python agent: loads a handler and answers calls of it, in the way that fits the machine it is in.

Standard library only, Python 3.9 or newer. In a sandbox descriptor 3 is a listening socket and the agent a zygote
(mayfly_zygote.py); in a virtual machine it is the connection itself (mayfly_virtual.py).
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
from mayfly_channel import capture_output
if os.environ.pop("MAYFLY_VIRTUAL", "") == "1":
    from mayfly_virtual import serve
else:
    from mayfly_zygote import serve
sys.path.remove(HERE)

CONNECTION_FD = 3

capture_output()
serve(CONNECTION_FD)
