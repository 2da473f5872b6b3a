package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;

/** Unmodified interpreters whose programs wait for time, signals and each other. */
class WaitingProgramsTest {
    private static void same(InstalledProgram program, String... arguments) throws Exception {
        String host = program.onHost(arguments);
        InstalledProgram.Run run = program.inMachine(arguments);
        assertThat(run.output())
                .as(
                        "calls %s",
                        run.calls()
                                .subList(
                                        Math.max(0, run.calls().size() - 20),
                                        run.calls().size()))
                .isEqualTo(host)
                .isNotEmpty();
        assertThat(run.stop()).as(Arrays.toString(arguments)).isEqualTo(new Stop.Exited(0));
    }

    @Test
    void pythonsEventLoop() throws Exception {
        same(InstalledProgram.of("/usr/bin/python3"), "-c", """
                import asyncio, os, signal, time
                async def tick(name, step, out):
                    for i in range(3):
                        await asyncio.sleep(step); out.append(name)
                async def main():
                    out = []
                    start = time.monotonic()
                    await asyncio.gather(tick('a', 0.02, out), tick('b', 0.05, out))
                    print(sorted(out), time.monotonic() - start >= 0.15)
                    r, w = os.pipe()
                    loop = asyncio.get_running_loop()
                    got = loop.create_future()
                    loop.add_reader(r, lambda: got.done() or got.set_result(os.read(r, 9)))
                    loop.call_later(0.01, os.write, w, b'pipe')
                    print(await got)
                    loop.remove_reader(r)
                    stop = loop.create_future()
                    loop.add_signal_handler(signal.SIGALRM, stop.set_result, 'alarm')
                    signal.setitimer(signal.ITIMER_REAL, 0.02)
                    print(await stop)
                    print(await loop.run_in_executor(None, lambda: (time.sleep(0.01), 'thread')[1]))
                    try:
                        await asyncio.wait_for(asyncio.sleep(9), 0.02)
                    except asyncio.TimeoutError:
                        print('timeout')
                asyncio.run(main())
                """);
    }

    @Test
    void pythonsSelectorsSocketsAndTimers() throws Exception {
        same(InstalledProgram.of("/usr/bin/python3"), "-c", """
                import resource, select, selectors, signal, socket, threading, time, os
                a, b = socket.socketpair()
                t = threading.Thread(target=lambda: (time.sleep(0.02), b.sendall(b'x' * 300000), b.close())); t.start()
                data = b''
                while True:
                    p = a.recv(65536)
                    if not p: break
                    data += p
                t.join(); print(len(data), a.gettimeout(), a.family, a.type)
                s = selectors.DefaultSelector(); c, d = socket.socketpair(); s.register(c, selectors.EVENT_READ, 'c')
                print(s.select(0.01)); d.send(b'1'); print([(k.data, m) for k, m in s.select(5)])
                print(select.select([c], [d], [], 1)[0] == [c])
                signal.signal(signal.SIGALRM, lambda *x: print('alarm'))
                signal.alarm(1); start = time.time(); time.sleep(1.2); print(time.time() - start >= 1.2)
                resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
                try:
                    fds = [os.open('/dev/null', 0) for _ in range(50)]
                except OSError as e: print(e.errno)
                print(resource.getrlimit(resource.RLIMIT_NOFILE), time.get_clock_info('monotonic').resolution)
                resource.setrlimit(resource.RLIMIT_AS, (120 << 20, 120 << 20))
                try:
                    x = bytearray(200 << 20)
                except MemoryError: print('memory')
                """);
    }

    @Test
    void perlsAlarmsAndPipes() throws Exception {
        same(InstalledProgram.of("/usr/bin/perl"), "-e", """
                use Time::HiRes qw(sleep alarm time); $SIG{ALRM} = sub { die "alarm\\n" }; eval { alarm(0.02); sleep(5); }; print $@;
                pipe(R, W); syswrite(W, "line\\n"); print scalar <R>; my $t = time; select(undef, undef, undef, 0.03); print time - $t >= 0.03 ? "ok\\n" : "early\\n";
                """);
    }
}
