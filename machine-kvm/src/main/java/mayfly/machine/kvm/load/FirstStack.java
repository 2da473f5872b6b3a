package mayfly.machine.kvm.load;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.cpu.Layout;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.AddressSpace.Place;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Region;

/** What a program finds on its stack: arguments, environment and auxiliary vector (System V ABI x86-64, 3.4.1). */
public final class FirstStack {
    /** As RLIMIT_STACK says. */
    public static final long STACK_BYTES = 8 << 20;

    private static final long STACK_TOP = AddressSpace.TOP - 0x10000;
    /** mmap(2) goes down from here. */
    public static final long MAP_TOP = STACK_TOP - STACK_BYTES - 0x100000;
    /** Arguments and environment together, as Linux: a quarter of the stack. */
    public static final int STRINGS_BYTES_MAX = (int) (STACK_BYTES / 4);

    // elf.h
    private static final int AT_PHDR = 3;
    private static final int AT_PHENT = 4;
    private static final int AT_PHNUM = 5;
    private static final int AT_PAGESZ = 6;
    private static final int AT_BASE = 7;
    private static final int AT_FLAGS = 8;
    private static final int AT_ENTRY = 9;
    private static final int AT_UID = 11;
    private static final int AT_EUID = 12;
    private static final int AT_GID = 13;
    private static final int AT_EGID = 14;
    private static final int AT_PLATFORM = 15;
    private static final int AT_HWCAP = 16;
    private static final int AT_CLKTCK = 17;
    private static final int AT_SECURE = 23;
    private static final int AT_RANDOM = 25;
    private static final int AT_HWCAP2 = 26;
    private static final int AT_EXECFN = 31;
    private static final int AT_SYSINFO_EHDR = 33;
    /** CPUID leaf 1 EDX of every x86-64 processor with SSE2. */
    private static final long HWCAP = 0x078B_FBFF;
    /** Bit 1: programs may use rdfsbase and its like. */
    private static final long HWCAP2 = 2;

    private static final int RANDOM_BYTES = 16;

    /**
     * All strings have one char for each byte.
     *
     * @param arguments argv, at least one
     * @param environment NAME=VALUE
     * @param path AT_EXECFN
     * @param random 16 bytes for stack protectors and pointer guards
     * @param vdso whether there is one
     */
    public record Content(
            List<String> arguments,
            List<String> environment,
            String path,
            byte[] random,
            boolean vdso,
            int user,
            int group) {}

    /**
     * @param pointer RSP at the first instruction
     * @param random where the 16 bytes are, to be replaced in forked machines
     */
    public record Placed(long pointer, long random) {}

    private final AddressSpace space;
    private long at = STACK_TOP;

    private FirstStack(AddressSpace space) {
        this.space = space;
    }

    /** Maps the stack and writes it. */
    public static Placed write(AddressSpace space, Loader.Loaded loaded, Content content) throws BadProgramException {
        int strings = 0;
        for (String text : content.arguments()) {
            strings += text.length() + 9;
        }
        for (String text : content.environment()) {
            strings += text.length() + 9;
        }
        if (strings > STRINGS_BYTES_MAX) {
            throw new BadProgramException(
                    content.path(), "its arguments and environment have more than 2 MiB", Errno.E2BIG);
        }
        int protection = Region.READ | Region.WRITE | (loaded.executableStack() ? Region.EXECUTE : 0);
        long mapped = space.map(
                STACK_TOP - STACK_BYTES, STACK_BYTES, protection, Place.FIXED_IF_FREE, null, 0, false, "[stack]");
        if (mapped < 0) {
            throw new BadProgramException(content.path(), "leaves no room for a stack", Errno.ENOMEM);
        }
        try {
            return new FirstStack(space).write(loaded, content);
        } catch (GuestFault noMemory) {
            throw new BadProgramException(
                    content.path(), "leaves no memory for a stack; give the machine more", Errno.ENOMEM);
        }
    }

    private Placed write(Loader.Loaded loaded, Content content) {
        at -= 8; // the kernel leaves a zero word at the very top
        long path = string(content.path());
        List<Long> environment = strings(content.environment());
        List<Long> arguments = strings(content.arguments());
        long platform = string("x86_64");
        at = (at - RANDOM_BYTES) & -16;
        long random = at;
        space.write(random, content.random(), 0, RANDOM_BYTES);

        List<Long> words = new ArrayList<>();
        words.add((long) arguments.size());
        words.addAll(arguments);
        words.add(0L);
        words.addAll(environment);
        words.add(0L);
        long[] auxiliary = {
            AT_PHDR,
            loaded.headers(),
            AT_PHENT,
            ElfHeader.PROGRAM_HEADER_BYTES,
            AT_PHNUM,
            loaded.headerCount(),
            AT_PAGESZ,
            4096,
            AT_BASE,
            loaded.interpreterBase(),
            AT_FLAGS,
            0,
            AT_ENTRY,
            loaded.entry(),
            AT_UID,
            content.user(),
            AT_EUID,
            content.user(),
            AT_GID,
            content.group(),
            AT_EGID,
            content.group(),
            AT_PLATFORM,
            platform,
            AT_HWCAP,
            HWCAP,
            AT_HWCAP2,
            HWCAP2,
            AT_CLKTCK,
            100,
            AT_SECURE,
            0,
            AT_RANDOM,
            random,
            AT_EXECFN,
            path,
        };
        for (long word : auxiliary) {
            words.add(word);
        }
        if (content.vdso()) {
            words.add((long) AT_SYSINFO_EHDR);
            words.add(Layout.VDSO);
        }
        words.add(0L);
        words.add(0L);
        long pointer = (at - 8L * words.size()) & -16;
        for (int i = 0; i < words.size(); i++) {
            space.putLong(pointer + 8L * i, words.get(i));
        }
        return new Placed(pointer, random);
    }

    private List<Long> strings(List<String> texts) {
        List<Long> addresses = new ArrayList<>();
        for (String text : texts) {
            addresses.add(string(text));
        }
        return addresses;
    }

    private long string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        at -= bytes.length + 1;
        space.write(at, bytes);
        space.write(at + bytes.length, new byte[1]);
        return at;
    }
}
