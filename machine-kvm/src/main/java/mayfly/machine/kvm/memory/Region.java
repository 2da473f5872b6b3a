package mayfly.machine.kvm.memory;

import org.jspecify.annotations.Nullable;

/**
 * A range of addresses with one protection. Its pages come when they are touched, unless they were mapped at once.
 *
 * @param start first address, page-aligned
 * @param end address behind it, page-aligned
 * @param protection bits {@link #READ}, {@link #WRITE}, {@link #EXECUTE}
 * @param backing the file it shows a private copy of; null: zeroes
 * @param offset of start in that file
 * @param shared whether forked processes see each other's writes to it; its pages are all there from the beginning
 * @param name what /proc/self/maps calls it; empty for anonymous memory
 */
public record Region(
        long start, long end, int protection, @Nullable Backing backing, long offset, boolean shared, String name) {
    public static final int READ = 1;
    public static final int WRITE = 2;
    public static final int EXECUTE = 4;

    long length() {
        return end - start;
    }

    boolean allows(int wanted) {
        return (protection & wanted) == wanted;
    }

    boolean readable() {
        return protection != 0; // x86-64 cannot forbid reading what may be written or executed
    }

    boolean writable() {
        return (protection & WRITE) != 0;
    }

    boolean executable() {
        return (protection & EXECUTE) != 0;
    }

    /** The part of it between two addresses inside. */
    Region part(long from, long until) {
        return new Region(from, until, protection, backing, offset + (from - start), shared, name);
    }

    Region with(int newProtection) {
        return new Region(start, end, newProtection, backing, offset, shared, name);
    }

    Region movedTo(long address) {
        return new Region(address, address + length(), protection, backing, offset, shared, name);
    }
}
