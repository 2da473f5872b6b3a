"""Keeps the zygote's forks cheap: some of what Python does in a child after a fork repairs what cannot be broken here.

threading, logging and concurrent.futures register callbacks that give a child new locks, because another thread may
have held one while its parent forked. The zygote has one thread and forks outside of any lock. The callbacks read and
count references all over the heap: they make a child copy 150 pages, a third of what a fresh call costs.
"""

import os
import sys

REPAIRS_LOCKS = {"threading", "logging", "concurrent.futures.thread"}


class ForkHooks:
    """Keeps those callbacks from the zygote's forks, and gives them back to the child for the forks it makes itself."""

    def __init__(self):
        self.register = os.register_at_fork
        self.kept = []

    def hold(self):
        """To be called before anything imports one of these modules."""
        os.register_at_fork = self.registered

    def registered(self, **callbacks):
        if sys._getframe(1).f_globals.get("__name__") in REPAIRS_LOCKS:
            self.kept.append(callbacks)
        else:
            self.register(**callbacks)

    def restore(self):
        """In the child, before foreign code runs: it may have threads when it forks."""
        os.register_at_fork = self.register
        for callbacks in self.kept:
            self.register(**callbacks)
