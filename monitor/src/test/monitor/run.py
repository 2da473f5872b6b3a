"""Runs the monitor's tests and ends with a line of counts; each skipped test is named with its reason."""
import pathlib
import sys
import unittest


def main():
    here = str(pathlib.Path(__file__).resolve().parent)
    tests = unittest.defaultTestLoader.discover(here, top_level_dir=here)
    result = unittest.TextTestRunner(stream=sys.stdout).run(tests)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"monitor: {result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
