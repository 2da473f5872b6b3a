package mayfly.machine.kvm.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The layout of an XSAVE area in its standard form (Intel SDM volume 1, 13.4): 512 bytes of x87 and SSE state, a header
 * of 64 bytes, and what else the processor has.
 */
public final class ExtendedState {
    /** x87 and SSE. */
    public static final int LEGACY_BYTES = 512;

    /** The smallest area: with a header and nothing behind it. */
    public static final int LEAST_BYTES = LEGACY_BYTES + 64;

    private static final int CONTROL_WORD = 0;
    private static final int STATUS_WORD = 2;
    private static final int ERRORS = 0x3F;
    private static final int MXCSR = 24;
    private static final int MXCSR_MASK = 28;
    private static final int COMPONENTS = LEGACY_BYTES;
    private static final int COMPACTED = LEGACY_BYTES + 8;
    private static final long LEGACY_COMPONENTS = 3;
    private static final short CONTROL_WORD_AT_START = 0x37F;
    private static final int MXCSR_AT_START = 0x1F80;
    /** Bits of MXCSR that every x86-64 processor has, if it does not say which. */
    private static final int MXCSR_BITS = 0xFFBF;

    private ExtendedState() {}

    static ByteBuffer view(byte[] area) {
        return ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The state of a program's first instruction. */
    static void start(byte[] area) {
        java.util.Arrays.fill(area, (byte) 0);
        view(area)
                .putShort(CONTROL_WORD, CONTROL_WORD_AT_START)
                .putInt(MXCSR, MXCSR_AT_START)
                .putLong(COMPONENTS, LEGACY_COMPONENTS);
    }

    /** Which components an area holds, one bit each. */
    public static long components(byte[] area) {
        return view(area).getLong(COMPONENTS);
    }

    /** Says that an area holds x87 and SSE only. */
    public static void keepLegacy(byte[] area) {
        view(area).putLong(COMPONENTS, LEGACY_COMPONENTS);
    }

    /**
     * Errors of floating point that happened and are not masked: bit 0 invalid, 1 denormal, 2 division by zero, 3
     * overflow, 4 underflow, 5 precision.
     *
     * @param sse of SSE; else of x87
     */
    public static int errors(byte[] area, boolean sse) {
        ByteBuffer view = view(area);
        if (sse) {
            int status = view.getInt(MXCSR);
            return status & ~(status >>> 7) & ERRORS;
        }
        return view.getShort(STATUS_WORD) & ~view.getShort(CONTROL_WORD) & ERRORS;
    }

    /** The bits of MXCSR that the processor has, out of an area that KVM gave. */
    static int statusBits(byte[] area) {
        int bits = view(area).getInt(MXCSR_MASK);
        return bits == 0 ? MXCSR_BITS : bits;
    }

    /**
     * Makes an area that a program wrote one that KVM takes: no components that the guest does not have, no compacted
     * form, no reserved bits.
     *
     * @param statusBits the bits of MXCSR that the processor has
     * @param components those that the guest has
     */
    static void sanitise(byte[] area, int statusBits, long components) {
        ByteBuffer view = view(area);
        view.putInt(MXCSR, view.getInt(MXCSR) & statusBits);
        view.putInt(MXCSR_MASK, statusBits);
        view.putLong(COMPONENTS, view.getLong(COMPONENTS) & components);
        for (int at = COMPACTED; at < LEAST_BYTES; at += 8) {
            view.putLong(at, 0);
        }
    }
}
