package mayfly.machine.kvm.cpu;

import mayfly.linux.ErrnoException;
import mayfly.linux.SpecialRegisters;
import mayfly.linux.SpecialRegisters.Control;
import mayfly.linux.SpecialRegisters.Segment;
import mayfly.linux.Vcpu;

/** The state that every processor begins in: 64-bit mode, privilege 3, the machine's own tables in place. */
final class Beginning {
    private static final int MSR_STAR = 0xC000_0081;
    private static final int MSR_LSTAR = 0xC000_0082;
    private static final int MSR_SFMASK = 0xC000_0084;
    private static final long CR0 = 0x8005_0033L; // PE MP ET NE WP AM PG
    private static final long CR4_PAE_SSE = 0x620L;
    private static final long CR4_FSGSBASE = 1 << 16;
    private static final long CR4_OSXSAVE = 1 << 18;
    private static final long EFER = 0xD01L; // SCE LME LMA NXE
    private static final long[] XCR0 = {0xE7, 0x7, 0x3}; // with AVX-512, with AVX, without

    private Beginning() {}

    /**
     * Sets a new processor up.
     *
     * @param root physical address of the page tables
     * @return XCR0: the components of extended state that programs have
     */
    static long of(Vcpu vcpu, long root) throws ErrnoException {
        vcpu.loadSpecial();
        SpecialRegisters special = vcpu.special();
        special.set(Control.CR0, CR0);
        special.set(Control.CR3, root);
        special.set(Control.EFER, EFER);
        special.setGdt(Layout.kernel(Layout.GDT_PAGE), Layout.GDT_LIMIT);
        special.setIdt(Layout.kernel(Layout.IDT_PAGE), Layout.IDT_LIMIT);
        special.setTask(Layout.TASK, Layout.kernel(Layout.TSS_PAGE), Layout.TASK_LIMIT);
        // the one it has after reset lies at address 0, where programs could write if their lowest address were lower
        special.setUnusable(Segment.LDT);
        toPrograms(special);
        for (Segment data : new Segment[] {Segment.DS, Segment.ES, Segment.FS, Segment.GS}) {
            special.setFlat(data, Layout.USER_DATA, 3, false);
        }
        ErrnoException refused = null;
        for (long more : new long[] {CR4_FSGSBASE | CR4_OSXSAVE, CR4_OSXSAVE, CR4_FSGSBASE, 0}) {
            special.set(Control.CR4, CR4_PAE_SSE | more);
            try {
                vcpu.storeSpecial();
                refused = null;
                break;
            } catch (ErrnoException e) {
                refused = e;
            }
        }
        if (refused != null) {
            throw refused;
        }
        vcpu.setMsrs(
                MSR_STAR,
                (long) Layout.KERNEL_CODE << 32 | 0x23L << 48,
                MSR_LSTAR,
                Layout.ENTRY,
                MSR_SFMASK,
                0x4_7700L);
        long components = 0;
        for (long bits : XCR0) {
            try {
                vcpu.setXcr0(bits);
                components = bits;
                break;
            } catch (ErrnoException e) {
                if (bits == XCR0[XCR0.length - 1]) {
                    throw e;
                }
            }
        }
        vcpu.setSignalMask(0);
        return components;
    }

    /** Privilege 3. */
    static void toPrograms(SpecialRegisters special) {
        special.setFlat(Segment.CS, Layout.USER_CODE, 3, true);
        special.setFlat(Segment.SS, Layout.USER_DATA, 3, false);
    }
}
