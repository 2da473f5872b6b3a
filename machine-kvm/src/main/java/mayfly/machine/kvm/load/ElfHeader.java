package mayfly.machine.kvm.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestRam;

/**
 * The headers of an ELF file for x86-64 (System V ABI, chapter 4 and 5), checked: every range lies in the file or in
 * what a program may map, and no sum overflows.
 *
 * @param position whether it can be loaded anywhere (ET_DYN)
 * @param entry first instruction, before the load address is added
 * @param headers address of the program headers before the load address is added; 0 when no segment has them
 * @param headerCount number of program headers
 * @param segments what is loaded, in ascending order of address
 * @param interpreter the dynamic linker's path; empty for static programs
 * @param executableStack whether PT_GNU_STACK, or its absence, asks for one
 */
public record ElfHeader(
        boolean position,
        long entry,
        long headers,
        int headerCount,
        List<Segment> segments,
        String interpreter,
        boolean executableStack) {
    public static final int PROGRAM_HEADER_BYTES = 56;

    /** How many bytes from a file's start are enough to read any header that is accepted. */
    public static final int HEAD_BYTES = 64 << 10;

    private static final int HEADER_BYTES = 64;
    private static final int SEGMENTS_MAX = 64;
    private static final int PATH_MAX = 4096;
    private static final int TYPE_EXEC = 2;
    private static final int TYPE_DYN = 3;
    private static final int MACHINE_X86_64 = 62;
    private static final int LOAD = 1;
    private static final int INTERP = 3;
    private static final int GNU_STACK = 0x6474_E551;

    /**
     * A part of the file that is mapped.
     *
     * @param address of its first byte, before the load address is added
     * @param memoryBytes its size in memory; what exceeds {@code fileBytes} is zero
     * @param flags bits 4 read, 2 write, 1 execute, as in the file
     */
    public record Segment(long address, long memoryBytes, long offset, long fileBytes, int flags) {}

    public ElfHeader {
        segments = List.copyOf(segments);
    }

    /**
     * @param head the file's first bytes, at most {@link #HEAD_BYTES}
     * @param fileBytes size of the whole file
     */
    public static ElfHeader parse(String path, byte[] head, long fileBytes) throws BadProgramException {
        ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        if (head.length < 4 || in.getInt(0) != 0x464C_457F) {
            throw new BadProgramException(path, "is not an ELF program");
        }
        check(path, head.length >= HEADER_BYTES, "its ELF header is cut off");
        check(path, in.get(4) == 2 && in.get(5) == 1, "is not a 64-bit little-endian program");
        int machine = in.getShort(18) & 0xFFFF;
        check(path, machine == MACHINE_X86_64, "is for another processor (ELF machine " + machine + "), not x86-64");
        int type = in.getShort(16) & 0xFFFF;
        check(path, type == TYPE_EXEC || type == TYPE_DYN, "is not executable (ELF type " + type + ")");
        long table = in.getLong(32);
        int count = in.getShort(56) & 0xFFFF;
        check(path, (in.getShort(54) & 0xFFFF) == PROGRAM_HEADER_BYTES, "its program headers have an unknown size");
        check(
                path,
                count > 0 && count <= SEGMENTS_MAX,
                "it has " + count + " program headers, not 1 to " + SEGMENTS_MAX);
        check(
                path,
                table >= 0 && table <= head.length - (long) count * PROGRAM_HEADER_BYTES,
                "its program headers are not within the first " + HEAD_BYTES / 1024 + " KiB");
        return segments(path, in, fileBytes, type == TYPE_DYN, (int) table, count);
    }

    private static ElfHeader segments(
            String path, ByteBuffer in, long fileBytes, boolean position, int table, int count)
            throws BadProgramException {
        List<Segment> segments = new ArrayList<>();
        String interpreter = "";
        boolean executableStack = true;
        long headers = 0;
        long end = 0;
        for (int i = 0; i < count; i++) {
            int at = table + i * PROGRAM_HEADER_BYTES;
            int type = in.getInt(at);
            int flags = in.getInt(at + 4);
            long offset = in.getLong(at + 8);
            long address = in.getLong(at + 16);
            long inFile = in.getLong(at + 32);
            long inMemory = in.getLong(at + 40);
            if (type == GNU_STACK) {
                executableStack = (flags & 1) != 0;
            } else if (type == INTERP) {
                check(
                        path,
                        inFile > 1 && inFile <= PATH_MAX && offset >= 0 && offset <= in.limit() - inFile,
                        "the path of its dynamic linker is not within the first " + HEAD_BYTES / 1024 + " KiB");
                interpreter = path(in, (int) offset, (int) inFile - 1);
                check(
                        path,
                        interpreter.startsWith("/")
                                && interpreter.indexOf('\0') < 0
                                && in.get((int) (offset + inFile - 1)) == 0,
                        "the path of its dynamic linker is not an absolute path");
            } else if (type == LOAD && inMemory != 0) {
                check(
                        path,
                        offset >= 0 && inFile >= 0 && inFile <= inMemory && offset <= fileBytes - inFile,
                        "its segment " + i + " reaches behind the end of the file (is it cut off?)");
                check(
                        path,
                        address >= 0
                                && inMemory > 0
                                && inMemory < AddressSpace.TOP
                                && address < AddressSpace.TOP - inMemory,
                        "its segment " + i + " is not in the addresses that programs have");
                check(path, (address - offset) % GuestRam.PAGE == 0, "its segment " + i + " is not aligned to pages");
                check(path, address >= end, "its segments overlap or are not in order");
                check(
                        path,
                        position || address >= AddressSpace.BOTTOM,
                        "its segment " + i + " is below the lowest address");
                end = AddressSpace.pageDown(address + inMemory);
                if (table >= offset && table < offset + inFile) {
                    headers = address + (table - offset);
                }
                segments.add(new Segment(address, inMemory, offset, inFile, flags));
            }
        }
        check(path, !segments.isEmpty(), "it has nothing to load");
        long entry = in.getLong(24);
        check(
                path,
                segments.stream().anyMatch(s -> entry >= s.address() && entry - s.address() < s.memoryBytes()),
                "its first instruction is in none of its segments");
        return new ElfHeader(position, entry, headers, count, segments, interpreter, executableStack);
    }

    private static String path(ByteBuffer in, int at, int length) {
        byte[] bytes = new byte[length];
        in.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void check(String path, boolean condition, String reason) throws BadProgramException {
        if (!condition) {
            throw new BadProgramException(path, reason);
        }
    }

    /** From the first segment's first page to the last one's end. */
    public long span() {
        Segment last = segments.getLast();
        return AddressSpace.pageUp(last.address() + last.memoryBytes()) - low();
    }

    /** The first segment's first page. */
    public long low() {
        return AddressSpace.pageDown(segments.getFirst().address());
    }
}
