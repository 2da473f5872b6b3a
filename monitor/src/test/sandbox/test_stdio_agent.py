"""The work channel for plain programs, without a sandbox around it."""

import os
import socket
import subprocess
import unittest

import box
import frames


class StdioAgent(unittest.TestCase):
    def agent(self, *argv):
        ours, theirs = socket.socketpair()
        ours.settimeout(10)
        process = subprocess.Popen([box.BINARY, "stdio-agent", *argv], pass_fds=[3], preexec_fn=lambda: os.dup2(theirs.fileno(), 3))
        theirs.close()
        self.addCleanup(process.wait)
        self.addCleanup(ours.close)  # cleanups run in reverse: hang up, then wait
        return ours

    def answer(self, *argv, **keys):
        return frames.call(self.agent(*argv), **keys)

    def test_payload_in_result_out(self):
        payload = os.urandom(5_000_000)
        answer, result, _ = self.answer("/bin/cat", data=payload)
        self.assertEqual(answer["status"], "ok")
        self.assertEqual(result, payload)

    def test_json_is_claimed_only_when_it_is(self):
        valid = [b'{"a":[1,-2.5e3,"\\u00e9",true,null]}\n', b"0", b'" "', b"[]"]
        invalid = [b"", b"{", b"01", b"[1,]", b'{"a" 1}', b"nul", b"1 2", b'"\xff"', b'"\n"', b"[" * 5000 + b"]" * 5000, b"- 1", b"1.", b"."]
        for text in valid + invalid:
            answer, _, _ = self.answer("/bin/cat", data=text, json=True)
            self.assertEqual(answer["json"], text in valid, text)
        self.assertFalse(self.answer("/bin/cat", data=b"1", json=False)[0]["json"])

    def test_failures_have_names(self):
        cases = [(["/bin/sh", "-c", "exit 3"], "ExitError", "exit status 3"),
                 (["/bin/sh", "-c", "kill -9 $$"], "ExitError", "killed by signal 9 (SIGKILL)"),
                 (["/nonexistent"], "StartError", "the program cannot be executed: No such file or directory"),
                 (["/bin/sh", "-c", "head -c 7000000 /dev/zero"], "ResultTooLarge", "the result is larger than 6 MiB")]
        for argv, kind, message in cases:
            answer, result, _ = self.answer(*argv)
            self.assertEqual((answer["status"], answer["error"]["type"], answer["error"]["message"]), ("error", kind, message))
            self.assertEqual(result, b"")

    def test_stderr_is_streamed_and_cut(self):
        _, _, log = self.answer("/bin/sh", "-c", "head -c 1000000 /dev/zero >&2")
        self.assertEqual(log.count(b"\0"), 256 * 1024)
        self.assertIn(b"the rest is dropped", log)

    def test_input_need_not_be_read_and_children_do_not_hold_the_answer(self):
        self.assertEqual(self.answer("/bin/true", data=b"x" * 8_000_000)[0]["status"], "ok")
        marker = box.unique_seconds()
        self.assertEqual(self.answer("/bin/sh", "-c", f"sleep {marker} & echo $MAYFLY_INVOCATION", id="inv_7")[1], b"inv_7\n")
        box.await_gone(marker)

    def test_one_exec_unless_reusable(self):
        channel = self.agent("/bin/cat")
        frames.call(channel, b"1")
        self.assertEqual(channel.recv(1), b"")
        channel = self.agent("/bin/cat")
        frames.call(channel, b"1", init={"reusable": True})
        frames.send(channel, frames.PING)
        self.assertEqual(frames.receive(channel)[0], frames.PING)
        self.assertEqual(frames.execute(channel, b"2")[1], b"2")

    def test_garbage_ends_it(self):
        for bytes_ in (b"\xff" * 8, b"\0\0\0\0\2\1\0\0", b"\0\0\0\1\1\1\0\2x", b"\0\0\0\0\1\x09\0\0"):
            channel = self.agent("/bin/cat")
            channel.sendall(bytes_)
            channel.shutdown(socket.SHUT_WR)
            try:
                self.assertEqual(channel.recv(100), b"")
            except ConnectionResetError:
                pass  # it did not even read all of it

    def test_it_kills_the_program_when_the_node_goes(self):
        marker = box.unique_seconds()
        channel = self.agent("/bin/sh", "-c", f"echo up >&2; sleep {marker}")
        frames.send(channel, frames.INIT, {})
        frames.receive(channel)
        frames.send(channel, frames.EXEC, {"id": "inv_1"})
        self.assertEqual(frames.receive(channel)[2], b"up\n")
        channel.close()
        box.await_gone(marker)


if __name__ == "__main__":
    unittest.main()
