package mayfly.checks.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.Snapshot;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/**
 * Requests of mixed kinds to one forked machine that is reset after each: errors, threads, files, more memory than a machine
 * keeps, endless loops, exits and deaths. Every page that the kernel says is the machine's own is compared with the
 * snapshot after each reset, and now and then all of them.
 */
final class ResetCheck {
    private static final List<String> OFTEN = List.of("ping", "io", "error", "deep", "threads", "files");
    private static final List<String> SELDOM = List.of("objects", "big", "huge", "endless", "exits", "dies");
    private static final int SELDOM_ONE_IN = 12;
    private static final int ALL_PAGES_EVERY = 2000;
    private static final long ENDLESS_NANOS = 3_000_000;

    /** Something done to the machine behind its back after a reset, to see that the check sees it. */
    @FunctionalInterface
    interface Tampering {
        void after(int request, VirtualMachine machine, ThreadSignal signal) throws IOException, ErrnoException;
    }

    /**
     * What was seen.
     *
     * @param different pages that differed, all comparisons together
     * @param pages that were put back, all resets together
     */
    record Result(int requests, long different, long pages) {}

    private ResetCheck() {}

    /** @param snapshot of mixed.py */
    static Result run(Kvm kvm, ThreadSignal signal, Snapshot snapshot, int requests, Random random, Tampering tampering)
            throws IOException, ErrnoException {
        long different = 0;
        long pages = 0;
        try (VirtualMachine machine = snapshot.fork(kvm)) {
            for (int i = 1; i <= requests; i++) {
                List<String> kinds = random.nextInt(SELDOM_ONE_IN) == 0 ? SELDOM : OFTEN;
                ask(machine, signal, kinds.get(random.nextInt(kinds.size())));
                pages += machine.reset();
                tampering.after(i, machine, signal);
                different += machine.differencesOfOwn();
                if (i % ALL_PAGES_EVERY == 0 || i == requests) {
                    different += machine.differences();
                }
            }
        }
        return new Result(requests, different, pages);
    }

    static void ask(VirtualMachine machine, ThreadSignal signal, String kind) throws IOException, ErrnoException {
        StringBuilder answer = new StringBuilder();
        PythonGuest.channel(machine, PythonGuest.ANSWERS)
                .setReceiver((bytes, count) -> answer.append(new String(bytes, 0, count, StandardCharsets.US_ASCII)));
        Channel requests = PythonGuest.channel(machine, PythonGuest.REQUESTS);
        requests.give(kind.getBytes(StandardCharsets.US_ASCII));
        boolean endless = kind.equals("endless");
        Stop stop = machine.run(signal, endless ? System.nanoTime() + ENDLESS_NANOS : Wait.FOREVER);
        boolean right = switch (stop) {
            case Stop.Interrupted _ -> endless;
            case Stop.Exited(int code) -> kind.equals("exits") && code == 3;
            case Stop.Killed _ -> kind.equals("dies");
            case Stop.Idle _ -> answer.toString().equals("count=1 clean=True " + kind);
            case Stop.Asked _ -> false;
        };
        if (!right) {
            throw new IOException("the request " + kind + " ended with " + stop + " and '" + answer + "'");
        }
    }
}
