package mayfly.app;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import mayfly.cli.Arguments;
import mayfly.cli.Exit;
import mayfly.cli.UsageException;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.VirtualMachine;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.program.CallTrace;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;

/**
 * {@code mayfly run --isolation kvm}: runs a program in a virtual machine of this process, in the foreground. It needs no
 * node, sees the host's programs read-only and a /tmp of its own, and nothing else.
 */
final class VirtualRun {
    private static final long MEMORY_MB = 1024;
    private static final long TMP_BYTES = 512L << 20;
    private static final int FILES_MAX = 65_536;
    private static final int SIGNAL_CODES = 128;
    private static final int INPUT_PIECE = 64 << 10;
    private static final int CANNOT_EXECUTE = 126;
    private static final int NOT_FOUND = 127;

    private final Arguments arguments;
    private final Path program;
    private final Queue<byte[]> input = new ConcurrentLinkedQueue<>();
    private volatile boolean inputEnded;
    private volatile Thread runner = Thread.currentThread();

    private VirtualRun(Arguments arguments, Path program) {
        this.arguments = arguments;
        this.program = program;
    }

    /** Whether the words of a {@code run} ask for it. */
    static boolean isAskedFor(Arguments arguments) {
        return arguments.text("--isolation").filter("kvm"::equals).isPresent();
    }

    /** Gives the program's exit code, 128 and the number of the signal that ended it, or 126 and 127 as a shell. */
    static int run(Arguments arguments) throws UsageException {
        String word = arguments.parameters().getFirst();
        Optional<Path> program = find(word);
        if (program.isEmpty()) {
            return Main.refuse(word + ": there is no such program", NOT_FOUND);
        }
        if (arguments.flag("--detach")) {
            throw new UsageException(
                    "--detach: a virtual machine runs in the foreground; start 'mayfly run' itself as a task");
        }
        VirtualRun run = new VirtualRun(arguments, program.get());
        FutureTask<Integer> task = new FutureTask<>((Callable<Integer>) run::machine);
        Thread thread = Thread.ofPlatform().name("machine").unstarted(task);
        run.runner = thread;
        thread.start();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Exit.FAILED;
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case UsageException usage -> throw usage;
                case BadProgramException bad -> Main.refuse(String.valueOf(bad.getMessage()), CANNOT_EXECUTE);
                case ErrnoException no ->
                    Main.refuse("no virtual machine: " + no.getMessage() + "; 'mayfly doctor' says more", Exit.FAILED);
                case null, default -> Main.refuse("the virtual machine failed: " + e.getCause(), Exit.FAILED);
            };
        }
    }

    private static Optional<Path> find(String word) {
        if (word.contains("/")) {
            return Optional.of(Path.of(word).toAbsolutePath().normalize()).filter(Files::isRegularFile);
        }
        for (String directory : List.of("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
            Path candidate = Path.of(directory, word);
            if (Files.isRegularFile(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private int machine() throws ErrnoException, BadProgramException, UsageException {
        List<String> words = new ArrayList<>(arguments.parameters());
        Descriptors descriptors = new Descriptors();
        Channel stdin = new Channel((_, _) -> {});
        descriptors.set(0, stdin, false);
        descriptors.set(1, new Output(to(FileDescriptor.out)), false);
        descriptors.set(2, new Output(to(FileDescriptor.err)), false);
        try (Kvm kvm = Kvm.open();
                ThreadSignal signal = ThreadSignal.ofThisThread();
                HostView view = view();
                VirtualMachine machine = VirtualMachine.boot(
                        kvm,
                        arguments.whole("--memory").orElse(MEMORY_MB) << 20,
                        view.tree(TMP_BYTES, FILES_MAX),
                        program.toString(),
                        words,
                        environment(),
                        descriptors)) {
            Program guest = machine.program();
            if (arguments.text("--cwd").isPresent()) {
                changeDirectory(guest, arguments.text("--cwd").get());
            }
            if (arguments.flag("--trace")) {
                guest.trace(new CallTrace(System.err::println));
            }
            readInput(guest);
            long begin = System.nanoTime();
            Stop stop = loop(machine, signal, stdin);
            if (arguments.flag("--stats")) {
                printStatistics(guest, System.nanoTime() - begin);
            }
            return code(stop);
        }
    }

    private HostView view() throws ErrnoException, UsageException {
        HostView view = HostView.standard();
        try {
            for (String directory : arguments.all("--read")) {
                Path path = Path.of(directory).toAbsolutePath().normalize();
                if (!Files.isDirectory(path)) {
                    throw new UsageException("--read " + directory + ": there is no such directory");
                }
                view.addDirectory(path, path.toString());
            }
            Path parent = program.getParent();
            if (parent != null && parent.getNameCount() > 0) {
                view.addDirectory(parent, parent.toString());
            }
            return view;
        } catch (IllegalArgumentException e) {
            view.close();
            throw new UsageException("--read: " + e.getMessage());
        } catch (ErrnoException | UsageException e) {
            view.close();
            throw e;
        }
    }

    private List<String> environment() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("PATH", "/usr/local/bin:/usr/bin:/bin");
        all.put("HOME", "/tmp");
        all.put("LANG", "C.UTF-8");
        for (String pair : arguments.all("--env")) {
            int equals = pair.indexOf('=');
            all.put(equals < 0 ? pair : pair.substring(0, equals), equals < 0 ? "" : pair.substring(equals + 1));
        }
        return all.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private static void changeDirectory(Program guest, String directory) throws UsageException {
        long result = guest.files().changeDirectory(guest.files().workingDirectory(), directory);
        if (result < 0) {
            throw new UsageException("--cwd " + directory + ": the machine sees no such directory");
        }
    }

    private static java.util.function.Consumer<byte[]> to(FileDescriptor descriptor) {
        OutputStream out = new FileOutputStream(descriptor);
        return bytes -> {
            try {
                out.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // nobody reads any more
            }
        };
    }

    /** Standard input is read by a thread of its own and given to the program by the machine's. */
    private void readInput(Program guest) {
        Thread.ofPlatform().daemon().name("stdin").start(() -> {
            byte[] piece = new byte[INPUT_PIECE];
            try {
                for (int count = System.in.read(piece); count >= 0; count = System.in.read(piece)) {
                    input.add(java.util.Arrays.copyOf(piece, count));
                    wake(guest);
                }
            } catch (IOException unreadable) {
                // as its end
            }
            inputEnded = true;
            wake(guest);
        });
    }

    private void wake(Program guest) {
        guest.interrupt();
        LockSupport.unpark(runner);
    }

    private Stop loop(VirtualMachine machine, ThreadSignal signal, Channel stdin) throws ErrnoException {
        long end = arguments
                .text("--timeout")
                .map(seconds -> System.nanoTime() + (long) (Double.parseDouble(seconds) * TimeUnit.SECONDS.toNanos(1)))
                .orElse(Wait.FOREVER);
        while (true) {
            for (byte[] piece = input.poll(); piece != null; piece = input.poll()) {
                stdin.give(piece);
            }
            if (inputEnded && input.isEmpty()) {
                stdin.end();
            }
            Stop stop = machine.run(signal, end);
            if (stop instanceof Stop.Exited || stop instanceof Stop.Killed) {
                return stop;
            }
            if (end != Wait.FOREVER && System.nanoTime() - end >= 0) {
                return new Stop.Killed(
                        9, "its time of " + arguments.text("--timeout").orElse("") + " s was up");
            }
            if (stop instanceof Stop.Idle(long next) && input.isEmpty()) {
                if (next == Wait.FOREVER && end == Wait.FOREVER) {
                    LockSupport.park();
                } else {
                    LockSupport.parkNanos(Math.min(next, end) - System.nanoTime());
                }
            }
        }
    }

    private int code(Stop stop) {
        return switch (stop) {
            case Stop.Exited(int code) -> code;
            case Stop.Killed(int number, String reason) -> {
                Main.refuse(program + " was killed by signal " + number + ": " + reason, 0);
                yield SIGNAL_CODES + number;
            }
            case Stop.Idle _, Stop.Interrupted _, Stop.Asked _ -> Exit.FAILED;
        };
    }

    private static void printStatistics(Program guest, long nanos) {
        PrintStream err = System.err;
        err.printf(
                "%n%,d exits, %,d page faults answered, %,d thread switches, %.1f ms%n",
                guest.statistics().exits(),
                guest.statistics().faults(),
                guest.statistics().switches(),
                nanos / 1e6);
        err.printf("%,d KiB of memory handed out%n", guest.memoryBytes() >> 10);
        guest.statistics().calls().entrySet().stream()
                .sorted(Map.Entry.<Integer, Long>comparingByValue().reversed())
                .forEach(call ->
                        err.printf("%8d %s%n", call.getValue(), guest.table().name(call.getKey())));
        guest.statistics()
                .unknown()
                .forEach((number, count) ->
                        err.printf("%8d %s (unknown)%n", count, guest.table().name(number)));
    }
}
