package mayfly.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/** A view of struct kvm_sregs: segments, descriptor tables and control registers of a vCPU. */
public final class SpecialRegisters {
    /** The segment registers. */
    public enum Segment {
        CS(0),
        DS(24),
        ES(48),
        FS(72),
        GS(96),
        SS(120),
        TR(144),
        LDT(168);

        /** In struct kvm_sregs. */
        private final long offset;

        Segment(long offset) {
            this.offset = offset;
        }
    }

    /** The control registers that a guest starts with, and their offsets. */
    public enum Control {
        CR0(224),
        CR2(232),
        CR3(240),
        CR4(248),
        EFER(264);

        private final int offset;

        Control(int offset) {
            this.offset = offset;
        }
    }

    static final int GDT = 192;
    static final int IDT = 208;

    private final MemorySegment sregs;

    SpecialRegisters(MemorySegment sregs) {
        this.sregs = sregs;
    }

    public void set(Control register, long value) {
        sregs.set(JAVA_LONG, register.offset, value);
    }

    /** Limit in bytes, less one. */
    public void setGdt(long base, int limit) {
        sregs.set(JAVA_LONG, GDT, base);
        sregs.set(JAVA_SHORT, GDT + 8, (short) limit);
    }

    public void setIdt(long base, int limit) {
        sregs.set(JAVA_LONG, IDT, base);
        sregs.set(JAVA_SHORT, IDT + 8, (short) limit);
    }

    /** A flat segment that programs use: code is 64-bit, data is not. */
    public void setFlat(Segment segment, int selector, int privilege, boolean code) {
        long at = segment.offset;
        sregs.set(JAVA_LONG, at, 0);
        sregs.set(JAVA_INT, at + 8, -1);
        sregs.set(JAVA_SHORT, at + 12, (short) selector);
        sregs.set(JAVA_BYTE, at + 14, (byte) (code ? 11 : 3)); // type: accessed, readable or writable
        sregs.set(JAVA_BYTE, at + 15, (byte) 1); // present
        sregs.set(JAVA_BYTE, at + 16, (byte) privilege);
        sregs.set(JAVA_BYTE, at + 17, (byte) (code ? 0 : 1)); // db
        sregs.set(JAVA_BYTE, at + 18, (byte) 1); // s
        sregs.set(JAVA_BYTE, at + 19, (byte) (code ? 1 : 0)); // l
        sregs.set(JAVA_BYTE, at + 20, (byte) 1); // g
        sregs.set(JAVA_BYTE, at + 21, (byte) 0);
        sregs.set(JAVA_BYTE, at + 22, (byte) 0);
    }

    /** A segment register that any use of raises an exception. */
    public void setUnusable(Segment segment) {
        for (long i = 0; i < Vcpu.SEGMENT_BYTES; i++) {
            sregs.set(JAVA_BYTE, segment.offset + i, (byte) 0);
        }
        sregs.set(JAVA_BYTE, segment.offset + 22, (byte) 1);
    }

    /** The task register: a busy 64-bit TSS. */
    public void setTask(int selector, long base, int limit) {
        long at = Segment.TR.offset;
        sregs.set(JAVA_LONG, at, base);
        sregs.set(JAVA_INT, at + 8, limit);
        sregs.set(JAVA_SHORT, at + 12, (short) selector);
        sregs.set(JAVA_BYTE, at + 14, (byte) 11);
        sregs.set(JAVA_BYTE, at + 15, (byte) 1);
        for (long i = 16; i < 24; i++) {
            sregs.set(JAVA_BYTE, at + i, (byte) 0);
        }
    }
}
