#!/usr/bin/env python3
"""Plants one bug per promise into a copy of the sources and shows that a test catches it. Takes minutes; run by hand."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import box

HERE = pathlib.Path(__file__).resolve().parent
MODULE = HERE.parents[2]
MARK, SECONDS_MAX = 7_000_000, 90
# (file, text, replacement, test that must fail)
MUTANTS = [
    ("mounts.c", "if (umount2(OLD_ROOT, MNT_DETACH) != 0)", "if (0)", "test_files"),
    ("mounts.c", "if (!t->writable) attr.attr_set |= K_MOUNT_ATTR_RDONLY;", "", "test_files"),
    ("mounts.c", "{.attr_set = K_MOUNT_ATTR_RDONLY}", "{.attr_set = 0}", "test_files"),
    ("mounts.c", '"/etc/pki"}', '"/etc/pki", "/etc/shadow", "/root"}', "test_files"),
    ("mounts.c", 'if (mount("tmp", "/tmp", "tmpfs"', 'if (0 && mount("tmp", "/tmp", "tmpfs"', "test_files"),
    ("identity.c", "write_map(s, \"uid_map\", s->uid);", "write_map(s, \"uid_map\", s->privileged ? 0 : s->uid);", "test_processes"),
    ("identity.c", "setgroups(0, NULL) != 0 ||", "", "test_processes"),
    ("sandbox.c", "wanted = K_CLONE_NEWPID | K_CLONE_NEWNS", "wanted = K_CLONE_NEWNS", "test_processes"),
    ("sandbox.c", "prctl(PR_SET_DUMPABLE, 0);", "", "test_processes"),
    ("init.c", "fd3 >= 0 ? 4u : 3u", "fd3 >= 0 ? 400u : 300u", "test_processes"),
    ("sandbox.c", "if (s->spec->net == NET_NONE) wanted", "if (0) wanted", "test_network"),
    ("seccomp_build.h", "seccomp_allow_if_eq(b, AF_UNIX_);", "seccomp_allow_if_eq(b, AF_UNIX_); seccomp_allow_if_eq(b, 40);", "test_network"),
    ("landlock.c", "if (abi >= 6) wanted.scoped", "if (0) wanted.scoped", "test_network"),
    ("seccomp_list.h", "X(getpid)", "X(getpid) X(ptrace)", "test_calls"),
    ("seccomp_list.h", "if (profile == FILTER_FOR_TASK)", "if (1)", "test_calls"),
    ("seccomp_build.h", "K_BPF_IF_ANY_BIT, (uint32_t)namespaces, 1, 0", "K_BPF_IF_ANY_BIT, 0, 1, 0", "test_calls"),
    ("seccomp_build.h", "NOSUID_NODEV_ | NOEXEC_);", "NOSUID_NODEV_ | NOEXEC_); seccomp_allow_if_eq(b, 4096);", "test_calls"),
    ("seccomp_build.h", "seccomp_emit(b, K_BPF_IF_GE, 0x40000000u, 0, 1);", "seccomp_emit(b, K_BPF_IF_GE, 0xfffffff0u, 0, 1);", "test_calls"),
    ("sandbox.c", "options |= FILTER_HOLDS_PDEATHSIG", "options |= 0", "test_calls"),
    ("limits.c", 'lower(s, RLIMIT_NPROC, spec->pids,', 'lower(s, RLIMIT_NPROC, spec->pids * 4,', "test_limits"),  # a bounded bomb
    ("limits.c", 'lower(s, RLIMIT_DATA,', 'if (0) lower(s, RLIMIT_DATA,', "test_limits"),
    ("cgroup.c", 'put_number(directory, "memory.limit_in_bytes", spec->memory)', "true", "test_limits"),
    ("launcher.c", "if (s->report < 0) cgroup_remove(s);", "", "test_limits"),
    ("sandbox.c", "if (isolation_missing(", "if (0 && isolation_missing(", "test_limits"),
    ("sandbox.c", "die_with_launcher(s);\n    filter_calls", "prctl(PR_SET_PDEATHSIG, 0);\n    filter_calls", "test_ends"),
    ("launcher.c", "if (number > 0 && number != SIGCHLD)", "if (0)", "test_ends"),
    ("launcher.c", "== sizeof told) *status = told", "== 0) *status = told", "test_ends"),
    ("launcher.c", "    close_at(s->report);", "", "test_ends"),
    ("init_accept.c", "if (error == 0) error = private_places(plan);", "", "test_machines"),
    ("init_accept.c", "if (error == 0) error = caps_drop_all();", "", "test_machines"),
    ("init_accept.c", "if (error == 0) error = seccomp_install_tail();", "", "test_machines"),
    ("init_accept.c", ".revents) kill_machine(&plan, i);", ".revents) continue;", "test_machines"),
    ("init_accept.c", "CLONE_NEWPID | CLONE_NEWNS : 0", "CLONE_NEWNS : 0", "test_machines"),
    ("stdio_agent.c", "kill(-run.pid, SIGKILL);\n        waitpid", "waitpid", "test_stdio_agent"),
    ("stdio_agent.c", "if (run.at[AT_PEER].revents) kill(-run.pid, SIGKILL);", "", "test_stdio_agent"),
    ("fallback.c", 'mkdir(here, 0700) != 0 && errno != EEXIST', "0", "test_fallback"),
    ("sandbox.c", "options |= FILTER_NO_INTERNET", "options |= 0", "test_fallback"),
    ("landlock.c", "syscall(K_NR_landlock_restrict_self, ruleset, 0) != 0", "0", "test_fallback"),
]


def passes(test, env):
    process = subprocess.Popen([sys.executable, str(HERE / "run.py"), test], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        return process.wait(SECONDS_MAX) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()
        for pid in box.marked(env["BOX_MARK"] + "."):  # a broken sandbox leaves things behind: that is what the tests are for
            os.kill(pid, 9)


def survivors(mutants):
    for number, (file, old, new, test) in enumerate(mutants):
        with tempfile.TemporaryDirectory(prefix="mutant_") as place:
            copy = pathlib.Path(place, "monitor")
            shutil.copytree(MODULE, copy, ignore=shutil.ignore_patterns("target"))
            source = copy / "src/main/c" / file
            text = source.read_text()
            assert text.count(old) == 1, f"{file}: {old!r} occurs {text.count(old)} times"
            source.write_text(text.replace(old, new))
            subprocess.run(["make", "-s", "-C", str(copy), "WARNINGS=-w", "CFLAGS=-std=c17 -Os -w -D_GNU_SOURCE"], check=True, capture_output=True)
            env = {**os.environ, "MAYFLY_MONITOR": str(copy / "target/classes/mayfly/monitor/mayfly-monitor")}
            os.chmod(place, 0o755)
            caught = not passes(test, {**env, "BOX_MARK": str(MARK + number)})
            print(f"{number + 1}/{len(mutants)} {'caught ' if caught else 'SURVIVED'} {file}: {old[:60]!r} by {test}", flush=True)
            if not caught:
                yield file, old


if __name__ == "__main__":
    wanted = sys.argv[1:]
    sys.exit(1 if list(survivors([m for m in MUTANTS if not wanted or m[3] in wanted or m[0] in wanted])) else 0)
