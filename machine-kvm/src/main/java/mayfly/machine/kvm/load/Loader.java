package mayfly.machine.kvm.load;

import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.AddressSpace.Place;
import mayfly.machine.kvm.memory.Backing;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Region;

/** Maps ELF files into an address space as execve(2) does. */
public final class Loader {
    /** Where programs that can be anywhere are put: as Linux without randomisation. */
    private static final long POSITION_BASE = 0x5555_5555_4000L;
    /** Free addresses behind the program, for the heap. */
    private static final long BREAK_GAP = 0x1000;

    private final AddressSpace space;

    public Loader(AddressSpace space) {
        this.space = space;
    }

    /** A file that is to be loaded. */
    public interface Source extends Backing {
        String path();

        long size();

        /** The file's first bytes. */
        byte[] head(int count) throws ErrnoException;

        /** What mappings of it show. */
        default Backing backing() {
            return this;
        }
    }

    /** Finds the dynamic linker's file by the path that the program names. */
    @FunctionalInterface
    public interface Finder {
        Source open(String path) throws BadProgramException, ErrnoException;
    }

    /**
     * What was loaded, as the first stack and the registers need it.
     *
     * @param start the first instruction: the dynamic linker's, or the program's own
     * @param entry the program's own
     * @param headers address of the program's headers
     * @param interpreterBase where the dynamic linker is; 0 without one
     */
    public record Loaded(
            long start, long entry, long headers, int headerCount, long interpreterBase, boolean executableStack) {}

    /** Loads a program and its dynamic linker, and puts the heap behind it. */
    public Loaded load(Source program, Finder finder) throws BadProgramException, ErrnoException {
        ElfHeader header = header(program);
        long bias = map(program, header, header.position() ? POSITION_BASE : 0, Place.FIXED_IF_FREE);
        space.startBreak(header.low() + bias + header.span() + BREAK_GAP);
        long entry = header.entry() + bias;
        long start = entry;
        long base = 0;
        if (!header.interpreter().isEmpty()) {
            Source linker = finder.open(header.interpreter());
            ElfHeader linkerHeader = header(linker);
            base = map(linker, linkerHeader, 0, linkerHeader.position() ? Place.HINT : Place.FIXED_IF_FREE);
            start = linkerHeader.entry() + base;
        }
        return new Loaded(start, entry, header.headers() + bias, header.headerCount(), base, header.executableStack());
    }

    private static ElfHeader header(Source file) throws BadProgramException, ErrnoException {
        int count = (int) Math.min(file.size(), ElfHeader.HEAD_BYTES);
        return ElfHeader.parse(file.path(), file.head(count), file.size());
    }

    /** Maps the segments; gives what is added to their addresses. */
    private long map(Source file, ElfHeader header, long wanted, Place place) throws BadProgramException {
        long at = place == Place.HINT ? 0 : header.low() + wanted;
        long span = header.span();
        long reserved = space.map(at, span, 0, place, null, 0, false, file.path());
        if (reserved < 0) {
            throw noRoom(file, reserved);
        }
        long bias = reserved - header.low();
        for (ElfHeader.Segment segment : header.segments()) {
            map(file, segment, bias);
        }
        return bias;
    }

    private void map(Source file, ElfHeader.Segment segment, long bias) throws BadProgramException {
        long start = segment.address() + bias;
        long page = AddressSpace.pageDown(start);
        long fileEnd = start + segment.fileBytes();
        long end = start + segment.memoryBytes();
        int protection = protection(segment.flags());
        long filePages = segment.fileBytes() == 0 ? page : AddressSpace.pageUp(fileEnd);
        if (filePages > page) {
            map(file, page, filePages, protection, file.backing(), segment.offset() - (start - page));
            if ((protection & Region.WRITE) != 0 && filePages > fileEnd) {
                zero(file, fileEnd, (int) (filePages - fileEnd)); // to the page's end: ld.so allocates behind its data
            }
        }
        if (AddressSpace.pageUp(end) > filePages) {
            map(file, filePages, AddressSpace.pageUp(end), protection, null, 0);
        }
    }

    private void map(
            Source file,
            long from,
            long until,
            int protection,
            @org.jspecify.annotations.Nullable Backing backing,
            long offset)
            throws BadProgramException {
        long at = space.map(from, until - from, protection, Place.FIXED, backing, offset, true, file.path());
        if (at < 0) {
            throw noRoom(file, at);
        }
    }

    private void zero(Source file, long from, int count) throws BadProgramException {
        try {
            space.clear(from, count);
        } catch (GuestFault noMemory) {
            throw noRoom(file, -Errno.ENOMEM);
        }
    }

    private static BadProgramException noRoom(Source file, long error) {
        return new BadProgramException(
                file.path(),
                error == -Errno.ENOMEM
                        ? "does not fit into the machine's memory; give it more"
                        : "cannot be mapped where it must be: " + Errno.name((int) -error),
                (int) -error);
    }

    private static int protection(int flags) {
        return ((flags & 4) != 0 ? Region.READ : 0)
                | ((flags & 2) != 0 ? Region.WRITE : 0)
                | ((flags & 1) != 0 ? Region.EXECUTE : 0);
    }
}
