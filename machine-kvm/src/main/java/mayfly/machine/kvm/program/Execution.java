package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.load.Loader;
import mayfly.machine.kvm.memory.AddressSpace;

/** A process becomes another program. Whatever can fail does so before the old one is touched. */
final class Execution {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int RANDOM_BYTES = 16;

    private final Program program;
    private final GuestProcess process;
    private final Loader.Source image;
    private final FileTree.Started started;

    /** @param image of the program, which need not be the file that was asked for */
    Execution(Program program, Loader.Source image, FileTree.Started started) {
        this.program = program;
        process = program.process();
        this.image = image;
        this.started = started;
    }

    /** The call's result: 0 when the current thread begins the new program, or a negative errno. */
    long begin(Loader.Finder finder) throws ErrnoException {
        AddressSpace space = process.space.another(FirstStack.MAP_TOP);
        if (space == null) {
            return -Errno.ENOMEM;
        }
        Loader.Loaded loaded;
        FirstStack.Placed stack;
        boolean complete = false;
        try {
            loaded = new Loader(space).load(image, finder);
            byte[] random = new byte[RANDOM_BYTES];
            RANDOM.nextBytes(random);
            stack = FirstStack.write(
                    space,
                    loaded,
                    new FirstStack.Content(
                            started.arguments(),
                            started.environment(),
                            started.path(),
                            random,
                            true,
                            Program.USER,
                            Program.USER));
            complete = true;
        } catch (BadProgramException e) {
            return -e.errno();
        } finally {
            if (!complete) {
                space.close();
            }
        }
        leaveOldProgram(space);
        program.cpu().settle();
        program.cpu().start(loaded.start(), stack.pointer(), space.tables().rootAddress());
        program.current().replaced = true;
        return 0;
    }

    private void leaveOldProgram(AddressSpace space) {
        GuestThread thread = program.current();
        for (GuestThread other : List.copyOf(process.threads)) {
            if (!other.equals(thread)) {
                program.drop(other);
            }
        }
        ThreadCalls.leaveMemory(program, thread);
        if (!program.processes.isAlone(process, other -> other.descriptors)) {
            process.descriptors = process.descriptors.another();
        }
        process.leaveMemory();
        process.enter(space);
        process.futexes = new Futexes<>();
        process.descriptors.closeForExec();
        process.signals.forgetHandlers();
        process.state.timers.keepIntervals();
        process.state.dumpable = 1;
        process.state.keepCapabilities = false;
        process.executed = true;
        process.files.setStarted(started);
        String path = started.path();
        byte[] name = path.substring(path.lastIndexOf('/') + 1).getBytes(StandardCharsets.ISO_8859_1);
        process.state.name = ProcessState.name(name);
        thread.name = process.state.name;
        thread.id = process.id;
        thread.robustList = 0;
        thread.clearAtExit = 0;
        thread.signalStack = new SignalStack();
        program.processes.releaseVfork(process);
    }
}
