"""Run in a Python server at its waiting point, once, before anything is forked of it."""

import gc
import os
import sys
import threading
import time


def rest(executor):
    """Ends the threads of an executor that has nothing to do. It starts new ones when it needs them, as it started these:
    asyncio looks up where to listen in such a thread, which would be missing in every fork."""
    threads = list(executor._threads)
    end = time.monotonic() + 1
    while executor._idle_semaphore._value != len(threads) or not executor._work_queue.empty():
        if time.monotonic() > end:  # busy: it is counted, and refused
            return
        time.sleep(0.001)  # one that has just given its result is about to be idle
    if executor._shutdown or not threads:
        return
    executor._shutdown = True
    executor._work_queue.put(None)  # each one passes it on
    for thread in threads:
        thread.join()
    while not executor._work_queue.empty():
        executor._work_queue.get_nowait()
    executor._threads = set()
    executor._idle_semaphore = threading.Semaphore(0)
    executor._shutdown = False


pools = sys.modules.get("concurrent.futures.thread")
if pools:
    for each in gc.get_objects():
        if type(each) is pools.ThreadPoolExecutor:
            try:
                rest(each)
            except AttributeError:  # another version of Python: its threads are counted, and refused
                pass

asyncio = sys.modules.get("asyncio")
loop = asyncio and asyncio._get_running_loop()
if loop is not None:

    def go_on():
        """asyncio takes a loop for none when the process is another than the one that started it."""
        if os.getpid() == 1:  # a machine, and not what it forks by itself
            asyncio._set_running_loop(loop)

    os.register_at_fork(after_in_child=go_on)

gc.collect()
gc.freeze()  # a collection in a machine touches no page of before
