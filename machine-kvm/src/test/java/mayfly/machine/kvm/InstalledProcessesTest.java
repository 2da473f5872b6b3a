package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Installed programs that start others do in a machine what they do on the host. */
class InstalledProcessesTest {
    @TempDir
    Path directory;

    private static void sameAsOnHost(InstalledProgram program, String... arguments) throws Exception {
        String host = program.onHost(arguments);
        InstalledProgram.Run run = program.inMachine(arguments);
        List<String> calls = run.calls();
        assertThat(run.output())
                .as("%s, after %s", run.stop(), calls.subList(Math.max(0, calls.size() - 40), calls.size()))
                .isEqualTo(host)
                .isNotEmpty();
        assertThat(run.stop()).isEqualTo(new Stop.Exited(0));
    }

    @Test
    void shellPipelines() throws Exception {
        InstalledProgram shell = InstalledProgram.of("/bin/sh");
        sameAsOnHost(shell, "-c", "echo a | tr a b");
        sameAsOnHost(shell, "-c", """
                x=$(printf 'c\\nb\\na\\n' | sort | head -n 2 | tr '\\n' ,)
                echo "got $x"
                (exit 3); echo "status $?"
                sh -c 'kill -9 $$'; echo "status $?"
                /nowhere/there 2>/dev/null; echo "status $?"
                for i in 1 2 3; do (sleep 0.0$i; echo "$i") & done; wait
                trap 'echo trapped' TERM; kill -TERM $$; echo after
                cat <<END | wc -c
                some text
                END
                seq 1 100000 | tail -n 1
                yes | head -n 3
                set -- a b; echo "$#"; exec echo last
                """);
    }

    @Test
    void scripts() throws Exception {
        Path script = Files.writeString(directory.resolve("script"), "#!/bin/sh -e\necho \"$0\" \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path outer = Files.writeString(directory.resolve("outer"), "#!" + script + " one word\n");
        Files.setPosixFilePermissions(outer, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path rubbish = Files.writeString(directory.resolve("rubbish"), "\0\1\2rubbish");
        Files.setPosixFilePermissions(rubbish, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path closed = Files.writeString(directory.resolve("closed"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rw-r--r--"));
        sameAsOnHost(InstalledProgram.of("/usr/bin/python3").show(directory), "-c", """
                import os, sys, errno
                sys.stdout.reconfigure(line_buffering=True)
                d = sys.argv[1]
                def run(path, *args, env={}):
                    pid = os.fork()
                    if pid == 0:
                        try: os.execve(path, args, env)
                        except OSError as e: print(path[len(d):] if path.startswith(d) else path, errno.errorcode[e.errno])
                        os._exit(1)
                    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                run(d + "/script", "x", "1", "2")
                run(d + "/outer", "x", "3")
                for bad in "rubbish", "closed", "missing", "", "script/x": run(d + "/" + bad, "x")
                run("/bin/sh", "sh", "-c", "echo $A", env={"A": "\\udcff\\u00e9"})
                run("/bin/sh", *(["x" * 100000] * 40))
                run("/bin/sh", "x" * 140000)
                os.chdir(d); run("./script", "relative")
                os.execl("/bin/echo", "echo", "done")
                """, directory.toString());
    }

    @Test
    void pythonSubprocesses() throws Exception {
        sameAsOnHost(InstalledProgram.of("/usr/bin/python3"), "-c", """
                import os, subprocess, sys, signal
                pid = os.fork()
                if pid == 0:
                    print("child", flush=True)
                    os._exit(3)
                print(os.waitpid(pid, 0)[1] >> 8, flush=True)
                print(subprocess.run(["echo", "hello"], capture_output=True, text=True))
                print(subprocess.run("read x; echo $x $FOO; exit 4", shell=True, input=b"in\\n", capture_output=True,
                    env={"FOO": "bar"}))
                print(subprocess.check_output([sys.executable, "-c", "import os; print(os.getppid() > 0)"]))
                p = subprocess.Popen(["sleep", "100"], start_new_session=True)
                print(p.poll(), os.getsid(p.pid) == p.pid, os.getpgid(p.pid) == p.pid)
                p.send_signal(signal.SIGTERM); print(p.wait(5))
                try: subprocess.run(["sleep", "100"], timeout=0.05)
                except subprocess.TimeoutExpired as e: print("timed out", e.cmd)
                try: subprocess.run(["/nowhere"])
                except OSError as e: print(e)
                print(os.system("exit 5") >> 8, os.popen("echo popen").read())
                r = os.posix_spawn("/bin/echo", ["echo", "spawned"], {}); print(os.waitpid(r, 0)[1])
                """);
    }

    @Test
    void nodeChildren() throws Exception {
        sameAsOnHost(InstalledProgram.of("/usr/bin/node").memory(1L << 30), "-e", """
                const c = require('child_process');
                console.log(c.execSync('echo sync | tr a-z A-Z').toString());
                console.log(c.spawnSync('sh', ['-c', 'echo err >&2; exit 7']).status);
                const p = c.spawn('cat');
                p.stdout.on('data', d => console.log('data ' + d));
                p.on('close', (code, signal) => console.log('closed', code, signal));
                p.stdin.end('through cat');
                c.exec('kill -9 $$', e => console.log(e.signal));
                """);
    }
}
