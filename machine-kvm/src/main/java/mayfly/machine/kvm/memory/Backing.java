package mayfly.machine.kvm.memory;

import mayfly.linux.Memory;

/** Where the content of a mapped file comes from. Its bytes must not change while somebody maps it. */
@FunctionalInterface
public interface Backing {
    /**
     * Reads into memory; what is behind the end of the file is left as it is.
     *
     * @return bytes read, or a negative errno
     */
    int read(Memory memory, long at, int count, long fileOffset);

    /** Bytes of the host's memory that stay in use for as long as it is mapped. */
    default long heldBytes() {
        return 0;
    }
}
