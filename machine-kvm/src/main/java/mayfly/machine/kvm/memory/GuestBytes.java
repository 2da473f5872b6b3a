package mayfly.machine.kvm.memory;

import mayfly.linux.Memory;
import org.jspecify.annotations.Nullable;

/** Reading and writing where a program's addresses point to, as far as the program itself could. */
public abstract sealed class GuestBytes permits AddressSpace {
    /** What holds all of it. */
    final Memory memory;

    private @Nullable Lens lens;

    GuestBytes(Memory memory) {
        this.memory = memory;
    }

    /**
     * Where in {@link #memory} a guest address is.
     *
     * @throws GuestFault the program itself could not read, or write, there
     */
    public abstract long host(long address, boolean write);

    public final Memory memory() {
        return memory;
    }

    /** From now on all bytes pass through the lens; null: through none. */
    public final void lookThrough(@Nullable Lens newLens) {
        lens = newLens;
    }

    /** What all bytes pass through; null: nothing. Who follows {@link #host} by himself must ask. */
    public final @Nullable Lens lens() {
        return lens;
    }

    /** Copies bytes out of the guest. */
    public final void read(long address, byte[] to, int from, int count) {
        Lens through = lens;
        if (through == null) {
            copyOut(address, to, from, count);
        } else {
            through.read(this, address, to, from, count);
        }
    }

    /** As {@link #read}, past the lens. */
    final void copyOut(long address, byte[] to, int from, int count) {
        for (int done = 0; done < count; ) {
            int part = Math.min(count - done, GuestRam.PAGE - (int) ((address + done) & (GuestRam.PAGE - 1)));
            memory.read(host(address + done, false), to, from + done, part);
            done += part;
        }
    }

    /** Copies bytes into the guest. */
    public final void write(long address, byte[] source, int from, int count) {
        Lens through = lens;
        if (through == null) {
            copyIn(address, source, from, count);
        } else {
            through.write(this, address, source, from, count);
        }
    }

    /** As {@link #write}, past the lens. */
    final void copyIn(long address, byte[] source, int from, int count) {
        for (int done = 0; done < count; ) {
            int part = Math.min(count - done, GuestRam.PAGE - (int) ((address + done) & (GuestRam.PAGE - 1)));
            memory.write(host(address + done, true), source, from + done, part);
            done += part;
        }
    }

    public byte[] read(long address, int count) {
        byte[] bytes = new byte[count];
        read(address, bytes, 0, count);
        return bytes;
    }

    public void write(long address, byte[] source) {
        write(address, source, 0, source.length);
    }

    /** Fills a range of the guest with zeroes. */
    public void clear(long address, int count) {
        write(address, new byte[count]);
    }

    public byte getByte(long address) {
        return lens == null ? memory.getByte(host(address, false)) : read(address, 1)[0];
    }

    public int getInt(long address) {
        if (lens == null && (address & (GuestRam.PAGE - 1)) <= GuestRam.PAGE - 4) {
            return memory.getInt(host(address, false));
        }
        byte[] bytes = read(address, 4);
        return java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getInt();
    }

    public void putInt(long address, int value) {
        if (lens == null && (address & (GuestRam.PAGE - 1)) <= GuestRam.PAGE - 4) {
            memory.putInt(host(address, true), value);
        } else {
            write(address, new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)});
        }
    }

    public long getLong(long address) {
        if (lens == null && (address & (GuestRam.PAGE - 1)) <= GuestRam.PAGE - 8) {
            return memory.getLong(host(address, false));
        }
        return (getInt(address) & 0xFFFF_FFFFL) | (long) getInt(address + 4) << 32;
    }

    public void putLong(long address, long value) {
        if (lens == null && (address & (GuestRam.PAGE - 1)) <= GuestRam.PAGE - 8) {
            memory.putLong(host(address, true), value);
        } else {
            putInt(address, (int) value);
            putInt(address + 4, (int) (value >>> 32));
        }
    }

    /** The bytes in front of the first zero; null when the first {@code max} bytes have none. */
    public byte @Nullable [] readString(long address, int max) {
        int length = 0;
        while (length < max) {
            long at = address + length;
            long host = host(at, false);
            int part = Math.min(max - length, GuestRam.PAGE - (int) (at & (GuestRam.PAGE - 1)));
            for (int i = 0; i < part; i++) {
                if (memory.getByte(host + i) == 0) {
                    return read(address, length + i);
                }
            }
            length += part;
        }
        return null;
    }
}
