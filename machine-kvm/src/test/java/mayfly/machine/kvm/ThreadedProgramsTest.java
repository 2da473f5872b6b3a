package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import mayfly.machine.kvm.InstalledProgram.Run;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes that live on threads and signals: Go, Node, the JVM, Python with threads. */
class ThreadedProgramsTest {
    private static final long LARGE = 1 << 30;

    private static void same(InstalledProgram program, String... arguments) throws Exception {
        Run run = program.inMachine(arguments);
        int size = run.calls().size();
        String about = run.stop() + "\n" + run.output() + "\n"
                + String.join("\n", run.calls().subList(Math.max(0, size - 30), size));
        assertThat(run.stop()).as(about).isEqualTo(new Stop.Exited(0));
        assertThat(run.output()).as(about).isEqualTo(program.onHost(arguments)).isNotEmpty();
    }

    /** Skips the test where a compiler is missing. */
    private static void build(Path dir, String... command) throws Exception {
        assumeTrue(Files.isExecutable(Path.of(command[0])), "skipped: " + command[0] + " is not installed");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).directory(dir.toFile());
        builder.environment().put("GOCACHE", dir.resolve("cache").toString());
        builder.environment().put("GOFLAGS", "-mod=mod");
        builder.environment().put("GO111MODULE", "off");
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), said).isZero();
    }

    @Test
    void goRunsGoroutinesAndRecoversFromFaults(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("main.go"), """
                package main

                import (
                	"fmt"
                	"os"
                	"os/signal"
                	"runtime"
                	"sync"
                	"syscall"
                	"time"
                )

                func spin(n int) int {
                	s := 0
                	for i := 0; i < n; i++ {
                		s += i % 7
                	}
                	return s
                }

                func main() {
                	runtime.GOMAXPROCS(4)
                	var wg sync.WaitGroup
                	results := make(chan int, 8)
                	for i := 0; i < 8; i++ {
                		wg.Add(1)
                		go func(i int) {
                			defer wg.Done()
                			time.Sleep(time.Millisecond)
                			m := map[int]string{}
                			for j := 0; j < 5000; j++ {
                				m[j] = fmt.Sprint(j)
                			}
                			results <- spin(20000000) + len(m)
                		}(i)
                	}
                	wg.Wait()
                	close(results)
                	sum := 0
                	for r := range results {
                		sum += r
                	}
                	runtime.GC()
                	c := make(chan os.Signal, 1)
                	signal.Notify(c, syscall.SIGUSR1)
                	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
                	fmt.Println("got", <-c)
                	defer func() { fmt.Println("recovered", recover(), sum) }()
                	var p *int
                	*p = 1
                }
                """);
        build(dir, "/usr/bin/go", "build", "-o", "program", "main.go");
        same(InstalledProgram.of(dir.resolve("program").toString()).show(dir).memory(LARGE));
    }

    @Test
    void nodeCompilesAndUsesItsThreads() throws Exception {
        same(InstalledProgram.of("/usr/bin/node").memory(LARGE), "-e", """
                const crypto = require('crypto'), fs = require('fs');
                function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
                console.log(fib(24));
                crypto.pbkdf2('a', 'b', 1000, 32, 'sha256', (e, key) => {
                    console.log(key.toString('hex'));
                    fs.promises.readFile('/usr/lib/os-release').then(text => {
                        console.log(text.length);
                        setTimeout(() => console.log('timer'), 20);
                    });
                });
                """);
    }

    @Test
    void pythonRunsThreads() throws Exception {
        same(InstalledProgram.of("/usr/bin/python3"), "-c", """
                import threading, queue, time, signal, os
                q = queue.Queue()
                def work(n):
                    time.sleep(0.005)
                    q.put(sum(range(n)))
                ts = [threading.Thread(target=work, args=(i * 10000,)) for i in range(8)]
                [t.start() for t in ts]; [t.join() for t in ts]
                print(sorted(q.get() for _ in ts))
                signal.signal(signal.SIGUSR1, lambda s, f: print('signal', s))
                os.kill(os.getpid(), signal.SIGUSR1)
                print(threading.Event().wait(0.01))
                """);
    }

    @Test
    void javaSaysHello(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("Hello.java"), """
                public class Hello {
                    public static void main(String[] args) throws Exception {
                        long[] sum = new long[1];
                        Thread t = new Thread(() -> { for (int i = 0; i < 300000; i++) sum[0] += Integer.toString(i).length(); });
                        t.start();
                        t.join();
                        String nothing = args.length > 5 ? "x" : null;
                        int caught = 0;
                        for (int i = 0; i < 200; i++) {
                            try { sum[0] += nothing.length(); } catch (NullPointerException e) { caught++; }
                        }
                        System.gc();
                        System.out.println("hello " + sum[0] + " " + caught);
                    }
                }
                """);
        build(dir, "/usr/lib/jvm/java-17-openjdk-amd64/bin/javac", "Hello.java");
        InstalledProgram java = InstalledProgram.of("/usr/lib/jvm/java-17-openjdk-amd64/bin/java")
                .show(dir)
                .show(Path.of("/etc/java-17-openjdk"))
                .memory(LARGE);
        same(java, "-Xint", "-Xmx64m", "-cp", dir.toString(), "Hello");
        same(java, "-Xmx64m", "-cp", dir.toString(), "Hello");
    }
}
