package mayfly.machine.kvm;

import java.util.List;
import mayfly.linux.ErrnoException;
import mayfly.linux.Kvm;
import mayfly.linux.Memfd;
import mayfly.linux.Memory;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.cpu.MachineTables;
import mayfly.machine.kvm.cpu.Processor;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.load.Loader;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.SystemCalls;

/** One virtual machine and the program in it. Belongs to one platform thread, except {@link Program#interrupt}. */
public final class VirtualMachine implements AutoCloseable {
    /** Page tables' pool: enough for the memory twice over, and for ranges far apart. */
    private static final int TABLES_LEAST = 512;

    private final Memfd file;
    private final Memory memory;
    private final Processor cpu;
    private final Program program;

    private VirtualMachine(Memfd file, Memory memory, Processor cpu, Program program) {
        this.file = file;
        this.memory = memory;
        this.cpu = cpu;
        this.program = program;
    }

    /**
     * Makes a machine and loads a program into it.
     *
     * @param memoryBytes what the program may use
     */
    public static VirtualMachine boot(
            Kvm kvm,
            long memoryBytes,
            Loader.Source image,
            Loader.Finder finder,
            List<String> arguments,
            List<String> environment,
            Descriptors descriptors)
            throws ErrnoException, BadProgramException {
        int pages = Math.toIntExact(AddressSpace.pageUp(memoryBytes) >> GuestRam.PAGE_BITS) + Layout.RESERVED_PAGES;
        int tables = TABLES_LEAST + pages / 128;
        Memfd file = Memfd.create("guest", (long) (pages + tables) << GuestRam.PAGE_BITS);
        Memory memory = file.map();
        GuestRam ram = new GuestRam(memory, pages, tables, Layout.RESERVED_PAGES);
        PageTables pageTables = PageTables.create(ram);
        MachineTables.write(ram, pageTables);
        AddressSpace space = new AddressSpace(ram, pageTables, FirstStack.MAP_TOP);
        Loader.Loaded loaded = new Loader(space).load(image, finder);
        byte[] random = new byte[16];
        new java.security.SecureRandom().nextBytes(random);
        FirstStack.Placed stack = FirstStack.write(
                space, loaded, new FirstStack.Content(arguments, environment, image.path(), random, false, 1000, 1000));
        Processor cpu = Processor.create(kvm, memory, pageTables.rootAddress());
        Program program = new Program(space, cpu, SystemCalls.all(), descriptors);
        program.start(loaded.start(), stack.pointer());
        return new VirtualMachine(file, memory, cpu, program);
    }

    public Program program() {
        return program;
    }

    /** Runs until the program ends or waits, or the time is up. */
    public Stop run(ThreadSignal signal, long deadline) throws ErrnoException {
        return program.run(signal, deadline);
    }

    @Override
    public void close() {
        cpu.close();
        memory.close();
        file.close();
    }
}
