package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs read clocks without leaving the machine, and no clock goes back. */
class VdsoTest {
    private static final int CLOCK_GETTIME = 228;

    @TempDir
    Path directory;

    @Test
    void clocksAreReadInTheMachineAndAgreeWithTheSystemCall() throws Exception {
        steadyTicksOnly();
        GuestProgram.Run run = GuestProgram.compile(directory, """
                #include <stdio.h>
                #include <sys/syscall.h>
                #include <sys/time.h>
                #include <sched.h>
                #include <time.h>
                #include <unistd.h>
                static long long ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }
                int main(void) {
                    struct timespec t; struct timeval v; long reads = 0, calls = 0, back = 0, realBack = 0; long long last = 0, lastReal = 0, first = 0, mostAhead = 0;
                    do {
                        for (int i = 0; i < 3000; i++) {
                            clock_gettime(CLOCK_MONOTONIC, &t); reads++;
                            if (ns(t) < last) { back++; if (last - ns(t) > mostAhead) mostAhead = last - ns(t); }
                            last = ns(t); if (!first) first = last;
                            clock_gettime(CLOCK_REALTIME, &t); if (ns(t) < lastReal) realBack++; lastReal = ns(t);
                            gettimeofday(&v, 0); time(0); sched_getcpu();
                        }
                        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); calls++;
                        if (ns(t) < last) { back++; if (last - ns(t) > mostAhead) mostAhead = last - ns(t); }
                        last = ns(t);
                    } while (last - first < 1200000000LL);
                    printf("back %ld %lld real %ld enough %d calls %ld\\n", back, mostAhead, realBack, reads > 20000, calls);
                }
                """).inMachine();
        assertThat(run.stop()).isEqualTo(new Stop.Exited(0));
        assertThat(run.output()).startsWith("back 0 0 real 0 enough 1 calls ");
        long asked = Long.parseLong(
                run.output().substring(run.output().lastIndexOf(' ') + 1).trim());
        Map<Integer, Long> calls = run.statistics().calls();
        long old = calls.get(CLOCK_GETTIME) - asked; // where the page was too old
        assertThat(old + calls.getOrDefault(96, 0L) + calls.getOrDefault(201, 0L))
                .isBetween(0L, 40L);
        assertThat(calls).doesNotContainKey(309); // getcpu
    }

    @Test
    void aForkedMachinesClockGoesOnAlsoAfterResets() throws Exception {
        Bed.needsKvm();
        Path program = Bed.compile(directory, "clock", """
                #include <time.h>
                #include <unistd.h>
                int main(void) {
                    char in; struct timespec t[4];
                    while (read(3, &in, 1) > 0) {
                        for (int i = 0; i < 4; i++) clock_gettime(i & 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t[i]);
                        write(3, t, sizeof t);
                    }
                }
                """);
        Bed.on((kvm, signal) -> {
            VirtualMachine template = ChannelGuest.boot(kvm, signal, program);
            List<Long> told = new ArrayList<>();
            told.addAll(ask(template, signal));
            assertThat(template.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Idle.class);
            try (Snapshot snapshot = template.freeze();
                    VirtualMachine one = snapshot.fork(kvm);
                    VirtualMachine two = snapshot.fork(kvm)) {
                for (int i = 0; i < 20; i++) {
                    VirtualMachine machine = i % 3 == 0 ? two : one;
                    told.addAll(ask(machine, signal));
                    machine.reset();
                    assertThat(machine.differences()).isZero();
                }
                if (hasSteadyTicks()) {
                    assertThat(one.program().statistics().calls().getOrDefault(CLOCK_GETTIME, 0L))
                            .isLessThan(10);
                }
            }
            // between machines a few microseconds are lost to measuring
            for (int i = 2; i < told.size(); i++) {
                assertThat(told.get(i)).isGreaterThan(told.get(i - 2) - 50_000);
            }
            return null;
        });
    }

    @Test
    void itIsOnePageWithOneSegmentAtZero() throws Exception {
        try (InputStream in = Processor.class.getResourceAsStream("vdso.so")) {
            assertThat(in).isNotNull();
            byte[] bytes = in.readAllBytes();
            assertThat(bytes.length).isLessThanOrEqualTo(4096);
            ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            int loads = 0;
            for (int i = 0; i < file.getShort(56); i++) {
                int header = (int) file.getLong(32) + i * 56;
                if (file.getInt(header) == 1) {
                    loads++;
                    assertThat(file.getLong(header + 16)).isZero(); // its address
                }
            }
            assertThat(loads).isEqualTo(1);
            assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).contains("linux-vdso.so.1", "LINUX_2.6");
        }
    }

    /** Monotonic and real time in turns. */
    private static List<Long> ask(VirtualMachine machine, ThreadSignal signal) throws Exception {
        byte[] answer = ChannelGuest.ask(machine, signal, new byte[1]);
        ByteBuffer times = ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN);
        List<Long> told = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            told.add(times.getLong() * 1_000_000_000 + times.getLong());
        }
        return told;
    }

    private static boolean hasSteadyTicks() throws Exception {
        String info = Files.readString(Path.of("/proc/cpuinfo"));
        return info.contains("constant_tsc") && info.contains("nonstop_tsc");
    }

    private static void steadyTicksOnly() throws Exception {
        assumeTrue(hasSteadyTicks(), "skipped: this host's time stamp counters are not steady");
    }
}
