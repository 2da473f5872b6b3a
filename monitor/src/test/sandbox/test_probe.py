"""The probe says what is true of this host, quickly, and leaves nothing."""

import glob
import json
import subprocess
import unittest

import box


class Probe(unittest.TestCase):
    def setUp(self):
        self.found = json.loads(subprocess.run([box.BINARY, "probe"], capture_output=True, check=True, timeout=10).stdout)

    def test_each_feature_has_a_verdict_and_each_lack_a_remedy(self):
        self.assertEqual(self.found["v"], 1)
        self.assertGreater(self.found["pid_max"], 0)
        for name, feature in self.found["features"].items():
            self.assertEqual(set(feature), {"available", "detail", "remedy"})
            self.assertEqual(feature["available"], feature["remedy"] == "", name)

    def test_it_agrees_with_a_real_sandbox(self):
        applied = box.run(["/bin/true"]).isolated
        for name in ("userns", "pidns", "mountns", "netns", "ipcns", "utsns", "proc", "seccomp", "landlock"):
            self.assertEqual(self.found["features"][name]["available"], applied[name].startswith("yes"), name)

    def test_nothing_is_left(self):
        self.assertEqual(glob.glob("/sys/fs/cgroup/**/mayfly-probe-*", recursive=True), [])


if __name__ == "__main__":
    unittest.main()
