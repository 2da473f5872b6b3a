package mayfly.machine.kvm.cpu;

import mayfly.linux.Memory;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.PageTables;

/**
 * Writes what a processor in 64-bit mode needs before a program can run on it (AMD64 Architecture Programmer's Manual
 * volume 2, 4.8 and 8.9): segments, the task state, gates and stubs for all vectors, and the system call stub.
 */
public final class MachineTables {
    private static final int VECTORS = 256;
    private static final int STUB_BYTES = 16;
    private static final int GATE_BYTES = 16;
    /** Vectors whose frame has an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC, #SX. */
    private static final long WITH_ERROR_CODE = bits(8, 10, 11, 12, 13, 14, 17, 21, 29, 30);

    /** lfence; rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rax, %rdi; syscall. */
    private static final byte[] READ_TICKS = {
        0x0F,
        (byte) 0xAE,
        (byte) 0xE8,
        0x0F,
        0x31,
        0x48,
        (byte) 0xC1,
        (byte) 0xE2,
        0x20,
        0x48,
        0x09,
        (byte) 0xD0,
        0x48,
        (byte) 0x89,
        (byte) 0xC7,
        0x0F,
        0x05
    };

    private static final int INT3 = 3;
    private static final int INTO = 4;

    private MachineTables() {}

    /** Fills the reserved pages and maps them. */
    public static void write(GuestRam ram, PageTables tables) {
        Memory memory = ram.memory();
        segments(memory, GuestRam.address(Layout.GDT_PAGE));
        task(memory, GuestRam.address(Layout.TSS_PAGE));
        for (int vector = 0; vector < VECTORS; vector++) {
            stub(memory, vector);
            gate(memory, vector);
        }
        byte[] entry = CallStub.plain();
        memory.write(GuestRam.address(Layout.ENTRY_PAGE), entry, 0, entry.length);
        memory.write(GuestRam.address(Layout.ENTRY_PAGE) + Layout.READ_TICKS_AT, READ_TICKS, 0, READ_TICKS.length);
        byte[] vdso = Vdso.image();
        memory.write(GuestRam.address(Layout.VDSO_PAGE), vdso, 0, vdso.length);
        boolean mapped = true;
        for (int page = Layout.GDT_PAGE; page <= Layout.STACK_PAGE; page++) {
            mapped &= tables.mapKernel(page);
        }
        mapped &= tables.mapShared(Layout.ENTRY, Layout.ENTRY_PAGE, true);
        mapped &= tables.mapShared(Layout.VDSO, Layout.VDSO_PAGE, true);
        mapped &= tables.mapShared(Layout.VDSO_DATA, Layout.VDSO_DATA_PAGE, false);
        if (!mapped) {
            throw new IllegalArgumentException("no room for the machine's page tables");
        }
    }

    /** Lets calls be answered before they are made; only where they arrive at privilege 3. False: no room. */
    public static boolean openAnswers(GuestRam ram, PageTables tables) {
        byte[] stub = CallStub.answering();
        ram.memory().write(GuestRam.address(Layout.ENTRY_PAGE), stub, 0, Layout.READ_TICKS_AT);
        int rest = CallStub.FORETOLD_AT;
        ram.memory().write(GuestRam.address(Layout.ENTRY_PAGE) + rest, stub, rest, stub.length - rest);
        boolean mapped = true;
        for (int i = 0; i < Layout.ANSWERS_PAGES; i++) {
            mapped &= tables.mapOpen(Layout.ANSWERS + GuestRam.address(i), Layout.ANSWERS_PAGE + i);
        }
        return mapped;
    }

    /** Whether a machine's memory had {@link #openAnswers}. */
    public static boolean hasAnswers(Memory memory) {
        return memory.getByte(GuestRam.address(Layout.ENTRY_PAGE)) == CallStub.answering()[0];
    }

    static boolean hasErrorCode(int vector) {
        return vector < 32 && (WITH_ERROR_CODE >>> vector & 1) != 0;
    }

    private static void segments(Memory memory, long gdt) {
        memory.putLong(gdt + 0x10, 0x00AF_9A00_0000_FFFFL); // code, privilege 0, 64-bit
        memory.putLong(gdt + 0x18, 0x00CF_9200_0000_FFFFL); // data, privilege 0
        memory.putLong(gdt + 0x20, 0x00CF_FA00_0000_FFFFL); // code, privilege 3, 32-bit: where sysret counts from
        memory.putLong(gdt + 0x28, 0x00CF_F200_0000_FFFFL); // data, privilege 3
        memory.putLong(gdt + 0x30, 0x00AF_FA00_0000_FFFFL); // code, privilege 3, 64-bit
        long tss = Layout.kernel(Layout.TSS_PAGE);
        long available = 0x0000_8900_0000_0000L;
        memory.putLong(
                gdt + Layout.TASK, available | Layout.TASK_LIMIT | (tss & 0xFF_FFFF) << 16 | (tss >>> 24 & 0xFF) << 56);
        memory.putLong(gdt + Layout.TASK + 8, tss >>> 32);
    }

    private static void task(Memory memory, long tss) {
        long stack = Layout.kernel(Layout.STACK_PAGE) + GuestRam.PAGE;
        memory.putLong(tss + 4, stack); // RSP0
        memory.putLong(tss + 0x24, stack); // IST1
        memory.putShort(tss + 0x66, (short) 0x68); // the I/O permission map
        memory.fill(tss + 0x68, 0x28, (byte) 0xFF);
        // a processor that stays at privilege 3 in the stub must be let through
        memory.putByte(tss + 0x68 + Layout.CALL_PORT / 8, (byte) ~(1 << Layout.CALL_PORT % 8));
    }

    /** out %al, $port; and for an exception that is resumed there: add $8, %rsp if there is an error code; iretq. */
    private static void stub(Memory memory, int vector) {
        long at = GuestRam.address(Layout.STUBS_PAGE) + (long) vector * STUB_BYTES;
        memory.putByte(at++, (byte) 0xE6);
        memory.putByte(at++, (byte) (Layout.EXCEPTION_PORT + Math.min(vector, 32)));
        if (hasErrorCode(vector)) {
            memory.putInt(at, 0x08C4_8348);
            at += 4;
        }
        memory.putShort(at, (short) 0xCF48);
    }

    private static void gate(Memory memory, int vector) {
        long stub = Layout.kernel(Layout.STUBS_PAGE) + (long) vector * STUB_BYTES;
        long at = GuestRam.address(Layout.IDT_PAGE) + (long) vector * GATE_BYTES;
        int type = vector == INT3 || vector == INTO ? 0xEE : 0x8E; // interrupt gate; programs may raise these two
        long low = (stub & 0xFFFF) | (long) Layout.KERNEL_CODE << 16 | 1L << 32 | (long) type << 40;
        memory.putLong(at, low | (stub >>> 16 & 0xFFFF) << 48);
        memory.putLong(at + 8, stub >>> 32);
    }

    private static long bits(int... vectors) {
        long bits = 0;
        for (int vector : vectors) {
            bits |= 1L << vector;
        }
        return bits;
    }
}
