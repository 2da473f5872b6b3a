package mayfly.machine.kvm;

import java.util.List;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.cpu.BlankMachine;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.cpu.MachineTables;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.ByteText;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.load.Loader;
import mayfly.machine.kvm.load.ProgramFile;
import mayfly.machine.kvm.load.TreeImage;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.ProgramCopy;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.SystemCalls;
import org.jspecify.annotations.Nullable;

/** One virtual machine and the program in it. Belongs to one platform thread, except {@link Program#interrupt}. */
public final class VirtualMachine implements AutoCloseable {
    /** Page tables' pool: enough for the memory twice over, for ranges far apart, and for some dozens of processes. */
    private static final int TABLES_LEAST = 2048;
    /** What a program that sees no files of the host may write to its own. */
    private static final long FILE_BYTES = 16 << 20;

    private static final int FILES_MAX = 4096;

    /** What a fork's memory is a copy of; null when this one was booted. */
    private final @Nullable Snapshot snapshot;
    /** Holds a booted machine's memory; null when this one was forked. */
    private final @Nullable Memfd file;

    private final Memory memory;
    private final Processor cpu;
    private final Program program;
    private @Nullable Rewind rewind;

    private VirtualMachine(
            @Nullable Snapshot snapshot, @Nullable Memfd file, Memory memory, Processor cpu, Program program) {
        this.snapshot = snapshot;
        this.file = file;
        this.memory = memory;
        this.cpu = cpu;
        this.program = program;
    }

    /** @param blank the fork's, or closed */
    static VirtualMachine forked(BlankMachine blank, Snapshot snapshot, Memory memory) throws ErrnoException {
        Program frozen = snapshot.program();
        GuestRam ram = frozen.space().ram().over(memory);
        Processor cpu = Processor.create(blank, memory, frozen.space().tables().rootAddress());
        if (cpu.refusesAnswers() && MachineTables.hasAnswers(memory)) { // its stub would do a program's bidding
            cpu.close();
            throw new IllegalStateException("the snapshot was made on another kind of KVM");
        }
        return new VirtualMachine(snapshot, null, memory, cpu, ProgramCopy.of(frozen, ram, cpu));
    }

    /** Freezes a booted machine whose threads all wait; it is of no more use afterwards. */
    public Snapshot freeze() throws ErrnoException {
        if (file == null) {
            throw new IllegalStateException("only a booted machine can be frozen");
        }
        return Snapshot.of(this, file);
    }

    void closeKeepingFile() {
        cpu.close();
        memory.close();
    }

    /**
     * Puts a forked machine back into its snapshot's state.
     *
     * @return pages that it had changed
     */
    public int reset() throws ErrnoException {
        Rewind rewinding = rewind();
        int pages = rewinding.run();
        program.space().ram().restore(origin().ram());
        ProgramCopy.reset(program, origin().program());
        if (cpu.clock().isOld()) {
            cpu.clock().renew(); // now, and not by a call in the next unit of work
        }
        return pages;
    }

    /**
     * Whether a forked machine is not worth another use: page tables that its programs made stay over a reset, and one
     * that used up most of their room would leave too little for the next.
     */
    public boolean isWorn() {
        return program.space().ram().tablesLeft()
                < origin().program().space().ram().tablesLeft() / 2;
    }

    /** How many pages differ from the snapshot's; for checks, after {@link #reset}. */
    public int differences() throws ErrnoException {
        return rewind().differences();
    }

    /** The same in a thousandth of the time, as the kernel's page map tells which pages can differ. */
    public int differencesOfOwn() throws ErrnoException {
        return rewind().differencesOfOwn();
    }

    /** How often a reset had to look for the machine's own pages. */
    int searches() throws ErrnoException {
        return rewind().searches();
    }

    private Snapshot origin() {
        if (snapshot == null) {
            throw new IllegalStateException("only a forked machine can be reset");
        }
        return snapshot;
    }

    private Rewind rewind() throws ErrnoException {
        Rewind made = rewind;
        if (made == null) {
            made = new Rewind(origin(), memory, program.space().ram());
            rewind = made;
        }
        return made;
    }

    /** As {@link #boot(Kvm, long, FileTree, String, List, List, Descriptors)} for a program that sees no files of the host. */
    public static VirtualMachine boot(
            Kvm kvm,
            long memoryBytes,
            Loader.Source image,
            Loader.Finder finder,
            List<String> arguments,
            List<String> environment,
            Descriptors descriptors)
            throws ErrnoException, BadProgramException {
        FileTree files = new HostView().tree(FILE_BYTES, FILES_MAX);
        String path = ByteText.of(image.path());
        FileTree.Started started = new FileTree.Started(path, path, bytes(arguments), bytes(environment));
        return boot(kvm, memoryBytes, files, image, finder, started, descriptors);
    }

    /**
     * Makes a machine and loads a program into it, and its dynamic linker.
     *
     * @param memoryBytes what the program may use
     * @param files all that it sees
     * @param path of the program among them
     */
    public static VirtualMachine boot(
            Kvm kvm,
            long memoryBytes,
            FileTree files,
            String path,
            List<String> arguments,
            List<String> environment,
            Descriptors descriptors)
            throws ErrnoException, BadProgramException {
        String name = ByteText.of(path);
        ProgramFile file =
                ProgramFile.find(files, files.node(files.workingDirectory(), name, true), name, bytes(arguments));
        try {
            FileTree.Started started =
                    new FileTree.Started(name, file.image().executable(), file.arguments(), bytes(environment));
            return boot(
                    kvm,
                    memoryBytes,
                    files,
                    file.image(),
                    linker -> TreeImage.open(files, linker),
                    started,
                    descriptors);
        } finally {
            file.image().close();
        }
    }

    private static VirtualMachine boot(
            Kvm kvm,
            long memoryBytes,
            FileTree files,
            Loader.Source image,
            Loader.Finder finder,
            FileTree.Started started,
            Descriptors descriptors)
            throws ErrnoException, BadProgramException {
        files.setStarted(started);
        int pages = Math.toIntExact(AddressSpace.pageUp(memoryBytes) >> GuestRam.PAGE_BITS) + Layout.RESERVED_PAGES;
        int tables = TABLES_LEAST + pages / 128;
        Memfd file = Memfd.create("guest", (long) (pages + tables) << GuestRam.PAGE_BITS);
        Memory memory = null;
        boolean loaded = false;
        try {
            memory = file.map();
            GuestRam ram = new GuestRam(memory, pages, tables, Layout.RESERVED_PAGES);
            VirtualMachine machine = load(kvm, file, ram, files, image, finder, started, descriptors);
            loaded = true;
            return machine;
        } finally {
            if (!loaded) { // refused, or the machine is out of something: nothing of it stays
                if (memory != null) {
                    memory.close();
                }
                file.close();
            }
        }
    }

    private static VirtualMachine load(
            Kvm kvm,
            Memfd file,
            GuestRam ram,
            FileTree files,
            Loader.Source image,
            Loader.Finder finder,
            FileTree.Started started,
            Descriptors descriptors)
            throws ErrnoException, BadProgramException {
        PageTables pageTables = PageTables.create(ram);
        MachineTables.write(ram, pageTables);
        AddressSpace space = new AddressSpace(ram, pageTables, FirstStack.MAP_TOP);
        Loader.Loaded loaded = new Loader(space).load(image, finder);
        byte[] random = new byte[16];
        new java.security.SecureRandom().nextBytes(random);
        FirstStack.Placed stack = FirstStack.write(
                space,
                loaded,
                new FirstStack.Content(
                        started.arguments(), started.environment(), started.path(), random, true, 1000, 1000));
        Processor cpu = Processor.create(kvm, ram.memory(), pageTables.rootAddress());
        if (cpu.takesAnswers() && !MachineTables.openAnswers(ram, pageTables)) {
            throw new IllegalArgumentException("no room for the machine's page tables");
        }
        Program program = new Program(space, cpu, SystemCalls.all(), descriptors, files);
        program.start(loaded.start(), stack.pointer());
        return new VirtualMachine(null, file, ram.memory(), cpu, program);
    }

    private static List<String> bytes(List<String> texts) {
        return texts.stream().map(ByteText::of).toList();
    }

    public Program program() {
        return program;
    }

    /** Runs until the program ends or waits, or the time is up. */
    public Stop run(ThreadSignal signal, long deadline) throws ErrnoException {
        Rewind watching = rewind;
        if (watching == null) {
            return program.run(signal, deadline);
        }
        watching.beforeRun();
        try {
            return program.run(signal, deadline);
        } finally {
            watching.afterRun();
        }
    }

    @Override
    public void close() {
        closeKeepingFile();
        program.close();
        if (file != null) {
            file.close();
        }
        if (rewind != null) {
            rewind.close();
        }
    }
}
