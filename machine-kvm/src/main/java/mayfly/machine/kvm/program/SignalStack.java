package mayfly.machine.kvm.program;

import mayfly.linux.Errno;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.StateIn;
import mayfly.machine.kvm.saved.StateOut;
import mayfly.machine.kvm.saved.UnsavableException;

/** The stack that a thread keeps for its signal handlers (sigaltstack(2)). */
final class SignalStack {
    // signal.h
    private static final int SS_ON_STACK = 1;
    private static final int SS_DISABLE = 2;
    private static final int SS_AUTO_DISARM = 1 << 31;
    private static final int LEAST_BYTES = 2048;
    /** struct sigaltstack: address, flags, four bytes of nothing, size. */
    static final int BYTES = 24;

    long address;
    long bytes;
    int flags = SS_DISABLE;

    boolean isOn(long pointer) {
        return (flags & SS_AUTO_DISARM) == 0 && holds(pointer);
    }

    private boolean holds(long pointer) {
        return pointer > address && pointer - address <= bytes;
    }

    /** Whether a handler that wants it begins on it. */
    boolean isFree(long pointer) {
        return (flags & SS_DISABLE) == 0 && bytes > 0 && !isOn(pointer);
    }

    /** Whether a frame that begins on it would lie in front of it. */
    boolean isTooSmallFor(long frame) {
        return !holds(frame);
    }

    /** One address behind its highest. */
    long top() {
        return address + bytes;
    }

    /** A handler begins. */
    void entered() {
        if ((flags & SS_AUTO_DISARM) != 0) {
            address = 0;
            bytes = 0;
            flags = SS_DISABLE;
        }
    }

    /** Writes struct sigaltstack as of a thread with this stack pointer. */
    void write(AddressSpace space, long at, long pointer) {
        space.putLong(at, address);
        space.putInt(at + 8, visibleFlags(pointer));
        space.putInt(at + 12, 0);
        space.putLong(at + 16, bytes);
    }

    int visibleFlags(long pointer) {
        if ((flags & SS_DISABLE) != 0 || bytes == 0) {
            return SS_DISABLE;
        }
        return (flags & SS_AUTO_DISARM) | (isOn(pointer) ? SS_ON_STACK : 0);
    }

    /** Becomes what struct sigaltstack says; 0 or a negative errno. */
    long set(long newAddress, int newFlags, long newBytes, long pointer) {
        if ((flags & SS_DISABLE) == 0 && isOn(pointer)) {
            return -Errno.EPERM;
        }
        int mode = newFlags & ~SS_AUTO_DISARM;
        if (mode != 0 && mode != SS_ON_STACK && mode != SS_DISABLE) {
            return -Errno.EINVAL;
        }
        if (mode == SS_DISABLE) {
            address = 0;
            bytes = 0;
            flags = SS_DISABLE;
            return 0;
        }
        if (Long.compareUnsigned(newBytes, LEAST_BYTES) < 0) {
            return -Errno.ENOMEM;
        }
        if (newAddress < 0 || newBytes < 0 || newAddress > AddressSpace.TOP - newBytes) {
            return -Errno.ENOMEM;
        }
        address = newAddress;
        bytes = newBytes;
        flags = newFlags & SS_AUTO_DISARM;
        return 0;
    }

    void save(StateOut out) throws UnsavableException {
        out.number(address);
        out.number(bytes);
        out.number(flags);
    }

    void load(StateIn in) throws DamagedException {
        address = in.longNumber(at -> at >= 0 && at <= AddressSpace.TOP, "a stack for signals");
        bytes = in.longNumber(size -> size >= 0 && size <= AddressSpace.TOP - address, "a stack for signals");
        flags = in.number();
    }

    SignalStack copy() {
        SignalStack copy = new SignalStack();
        copy.address = address;
        copy.bytes = bytes;
        copy.flags = flags;
        return copy;
    }
}
