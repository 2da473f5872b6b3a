package mayfly.machine.kvm.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A signal and what its handler is told of it: siginfo_t (sigaction(2)). Immutable. */
public final class SignalInfo {
    static final int BYTES = 128;

    // asm-generic/siginfo.h
    static final int SI_USER = 0;
    static final int SI_KERNEL = 0x80;
    static final int SI_TKILL = -6;
    private static final int SI_TIMER = -2;
    private static final int CODE = 8;
    private static final int FIELDS = 16;

    private final int signal;
    private final byte[] bytes;

    private SignalInfo(int signal, byte[] bytes) {
        this.signal = signal;
        this.bytes = bytes;
    }

    /** @param fields the words from byte 16 on */
    private static SignalInfo of(int signal, int code, long... fields) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(signal).putInt(0).putInt(code).putInt(0);
        for (long field : fields) {
            bytes.putLong(field);
        }
        return new SignalInfo(signal, bytes.array());
    }

    /** From the kernel, without a cause to tell of: alarms, and SIGTERM from outside the machine. */
    public static SignalInfo fromKernel(int signal) {
        return of(signal, SI_KERNEL);
    }

    /** From kill(2) or tgkill(2). */
    static SignalInfo fromProgram(int signal, int code, int sender) {
        return of(signal, code, sender | (long) Program.USER << 32);
    }

    /** A child ended. */
    static SignalInfo child(int signal, int code, int process, int value) {
        return of(signal, code, process | (long) Program.USER << 32, value);
    }

    /** An exception at an address. */
    static SignalInfo fault(int signal, int code, long address) {
        return of(signal, code, address);
    }

    /** A timer of timer_create(2) ran out. */
    public static SignalInfo timer(int signal, int timer, int overruns, long value) {
        return of(signal, SI_TIMER, (timer & 0xFFFF_FFFFL) | (long) overruns << 32, value);
    }

    /** As a program wrote it. */
    static SignalInfo given(int signal, byte[] written) {
        byte[] bytes = written.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, signal);
        return new SignalInfo(signal, bytes);
    }

    public int signal() {
        return signal;
    }

    int code() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(CODE);
    }

    /** The first field: of a fault its address. */
    long address() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(FIELDS);
    }

    /** As siginfo_t. */
    byte[] toBytes() {
        return bytes.clone();
    }
}
