package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mayfly.linux.SpecialRegisters.Control;
import mayfly.linux.SpecialRegisters.Segment;
import mayfly.linux.Vcpu.Register;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The numbers of linux/kvm.h, of memory mappings and of timers that are written by hand are those of the headers. */
class KvmLayoutTest {
    private static final List<String> HEADERS = List.of(
            "linux/kvm.h",
            "sys/mman.h",
            "sys/resource.h",
            "fcntl.h",
            "unistd.h",
            "linux/falloc.h",
            "signal.h",
            "time.h",
            "string.h");

    @Test
    void numbersAreTheCompilersToo(@TempDir Path directory) throws Exception {
        HeaderDump.needsGcc();
        Map<String, Long> values = new TreeMap<>();
        put(values, "KVM_GET_API_VERSION", Kvm.KVM_GET_API_VERSION);
        put(values, "KVM_CREATE_VM", Kvm.KVM_CREATE_VM);
        put(values, "KVM_CHECK_EXTENSION", Kvm.KVM_CHECK_EXTENSION);
        put(values, "KVM_GET_VCPU_MMAP_SIZE", Kvm.KVM_GET_VCPU_MMAP_SIZE);
        put(values, "KVM_GET_SUPPORTED_CPUID", Kvm.KVM_GET_SUPPORTED_CPUID);
        put(values, "KVM_CAP_IMMEDIATE_EXIT", Kvm.KVM_CAP_IMMEDIATE_EXIT);
        put(values, "KVM_CAP_SYNC_REGS", Kvm.KVM_CAP_SYNC_REGS);
        put(values, "KVM_CAP_XSAVE2", Kvm.KVM_CAP_XSAVE2);
        put(values, "RUSAGE_THREAD", PageFaults.RUSAGE_THREAD);
        put(values, "sizeof(struct rusage)", PageFaults.RUSAGE_BYTES);
        put(values, "offsetof(struct rusage, ru_minflt)", PageFaults.MINOR);
        put(values, "offsetof(struct rusage, ru_majflt)", PageFaults.MAJOR);
        put(values, "KVM_API_VERSION", Kvm.API_VERSION);
        put(values, "KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS", Kvm.SYNC_REGS_AND_SREGS);
        put(values, "KVM_SYNC_X86_REGS", Vcpu.DIRTY_GENERAL);
        put(values, "KVM_SYNC_X86_SREGS", Vcpu.DIRTY_SPECIAL);
        put(values, "sizeof(struct kvm_cpuid_entry2)", Kvm.CPUID_ENTRY_BYTES);
        put(values, "sizeof(struct kvm_cpuid2)", 8);
        put(values, "offsetof(struct kvm_cpuid2, nent)", 0);
        put(values, "sizeof(struct kvm_xsave)", Kvm.XSAVE_BYTES);
        put(values, "KVM_CREATE_VCPU", KvmMachine.KVM_CREATE_VCPU);
        put(values, "KVM_SET_USER_MEMORY_REGION", KvmMachine.KVM_SET_USER_MEMORY_REGION);
        put(values, "sizeof(struct kvm_userspace_memory_region)", 32);
        put(values, "offsetof(struct kvm_userspace_memory_region, memory_size)", 16);
        put(values, "offsetof(struct kvm_userspace_memory_region, userspace_addr)", 24);
        put(values, "offsetof(struct kvm_userspace_memory_region, guest_phys_addr)", 8);
        put(values, "offsetof(struct kvm_userspace_memory_region, flags)", 4);
        put(values, "KVM_RUN", Vcpu.KVM_RUN);
        put(values, "KVM_GET_SREGS", Vcpu.KVM_GET_SREGS);
        put(values, "KVM_SET_SREGS", Vcpu.KVM_SET_SREGS);
        put(values, "KVM_SET_MSRS", Vcpu.KVM_SET_MSRS);
        put(values, "KVM_SET_SIGNAL_MASK", Vcpu.KVM_SET_SIGNAL_MASK);
        put(values, "KVM_SET_CPUID2", Vcpu.KVM_SET_CPUID2);
        put(values, "KVM_GET_XSAVE", Vcpu.KVM_GET_XSAVE);
        put(values, "KVM_GET_XSAVE2", Vcpu.KVM_GET_XSAVE2);
        put(values, "KVM_GET_VCPU_EVENTS", Vcpu.KVM_GET_VCPU_EVENTS);
        put(values, "KVM_SET_VCPU_EVENTS", Vcpu.KVM_SET_VCPU_EVENTS);
        put(values, "KVM_VCPUEVENT_VALID_SHADOW", Vcpu.EVENTS_VALID_SHADOW);
        put(values, "offsetof(struct kvm_vcpu_events, flags)", Vcpu.EVENTS_FLAGS);
        put(values, "offsetof(struct kvm_vcpu_events, exception.injected)", 0);
        put(values, "offsetof(struct kvm_vcpu_events, exception.pending)", 3);
        put(values, "sizeof(struct kvm_vcpu_events)", 64);
        put(values, "KVM_SET_XSAVE", Vcpu.KVM_SET_XSAVE);
        put(values, "KVM_SET_XCRS", Vcpu.KVM_SET_XCRS);
        put(values, "KVM_EXIT_IO", Vcpu.EXIT_IO);
        put(values, "KVM_EXIT_MMIO", Vcpu.EXIT_MMIO);
        put(values, "KVM_EXIT_SHUTDOWN", Vcpu.EXIT_SHUTDOWN);
        put(values, "KVM_EXIT_FAIL_ENTRY", Vcpu.EXIT_FAIL_ENTRY);
        put(values, "KVM_EXIT_INTERNAL_ERROR", Vcpu.EXIT_INTERNAL_ERROR);
        put(values, "offsetof(struct kvm_run, immediate_exit)", Vcpu.IMMEDIATE_EXIT);
        put(values, "offsetof(struct kvm_run, exit_reason)", Vcpu.EXIT_REASON);
        put(values, "offsetof(struct kvm_run, mmio.phys_addr)", Vcpu.DETAIL);
        put(values, "offsetof(struct kvm_run, internal.suberror)", Vcpu.DETAIL);
        put(values, "offsetof(struct kvm_run, fail_entry.hardware_entry_failure_reason)", Vcpu.DETAIL);
        put(values, "offsetof(struct kvm_run, io.port)", Vcpu.DETAIL + 2);
        put(values, "offsetof(struct kvm_run, kvm_valid_regs)", Vcpu.VALID_REGS);
        put(values, "offsetof(struct kvm_run, kvm_dirty_regs)", Vcpu.DIRTY_REGS);
        put(values, "offsetof(struct kvm_run, s.regs.regs)", Vcpu.SYNC);
        put(values, "offsetof(struct kvm_run, s.regs.sregs)", Vcpu.SREGS);
        put(values, "sizeof(((struct kvm_run *)0)->io.port)", 2);
        put(values, "sizeof(struct kvm_regs)", Vcpu.REGS_BYTES);
        put(values, "sizeof(struct kvm_sregs)", Vcpu.SREGS_BYTES);
        put(values, "sizeof(struct kvm_segment)", Vcpu.SEGMENT_BYTES);
        put(values, "offsetof(struct kvm_sregs, cr2)", Vcpu.CR2);
        put(values, "offsetof(struct kvm_sregs, cs.selector)", 12);
        put(values, "offsetof(struct kvm_sregs, fs.base)", 3L * Vcpu.SEGMENT_BYTES);
        put(values, "offsetof(struct kvm_sregs, gs.base)", 4L * Vcpu.SEGMENT_BYTES);
        put(values, "sizeof(struct kvm_msrs)", 8);
        put(values, "offsetof(struct kvm_msrs, nmsrs)", 0);
        put(values, "sizeof(struct kvm_msr_entry)", 16);
        put(values, "offsetof(struct kvm_msr_entry, index)", 0);
        put(values, "offsetof(struct kvm_msr_entry, data)", 8);
        put(values, "sizeof(struct kvm_xcrs)", 392);
        put(values, "offsetof(struct kvm_xcrs, nr_xcrs)", 0);
        put(values, "offsetof(struct kvm_xcrs, xcrs[0].xcr)", 8);
        put(values, "offsetof(struct kvm_xcrs, xcrs[0].value)", 16);
        put(values, "offsetof(struct kvm_signal_mask, len)", 0);
        put(values, "offsetof(struct kvm_signal_mask, sigset)", 4);
        put(values, "sizeof(struct kvm_signal_mask)", 4);
        put(values, "PROT_NONE", Memory.PROT_NONE);
        put(values, "PROT_READ", Memory.PROT_READ);
        put(values, "PROT_WRITE", Memory.PROT_WRITE);
        put(values, "MAP_SHARED", Memory.MAP_SHARED);
        put(values, "MAP_PRIVATE", Memory.MAP_PRIVATE);
        put(values, "MAP_FIXED", Memory.MAP_FIXED);
        put(values, "MAP_ANONYMOUS", Memory.MAP_ANONYMOUS);
        put(values, "MAP_NORESERVE", Memory.MAP_NORESERVE);
        put(values, "MADV_DONTNEED", Memory.MADV_DONTNEED);
        put(values, "MADV_NOHUGEPAGE", Memory.MADV_NOHUGEPAGE);
        put(values, "MFD_CLOEXEC", Memfd.MFD_CLOEXEC);
        put(values, "MFD_ALLOW_SEALING", Memfd.MFD_ALLOW_SEALING);
        put(values, "F_ADD_SEALS", Memfd.F_ADD_SEALS);
        put(values, "F_SEAL_SHRINK", Memfd.F_SEAL_SHRINK);
        put(values, "F_SEAL_GROW", Memfd.F_SEAL_GROW);
        put(values, "F_SEAL_WRITE", Memfd.F_SEAL_WRITE);
        put(values, "FALLOC_FL_KEEP_SIZE", Memfd.FALLOC_FL_KEEP_SIZE);
        put(values, "FALLOC_FL_PUNCH_HOLE", Memfd.FALLOC_FL_PUNCH_HOLE);
        put(values, "SEEK_DATA", Memfd.SEEK_DATA);
        put(values, "SEEK_HOLE", Memfd.SEEK_HOLE);
        put(values, "SIGUSR1", ThreadSignal.SIGNAL);
        put(values, "SIG_BLOCK", ThreadSignal.SIG_BLOCK);
        put(values, "SIGEV_THREAD_ID", ThreadSignal.SIGEV_THREAD_ID);
        put(values, "CLOCK_MONOTONIC", ThreadSignal.CLOCK_MONOTONIC);
        put(values, "sizeof(sigset_t)", ThreadSignal.SIGSET_BYTES);
        put(values, "sizeof(struct sigaction)", ThreadSignal.SIGACTION_BYTES);
        put(values, "offsetof(struct sigaction, sa_flags)", ThreadSignal.SIGACTION_FLAGS);
        put(values, "sizeof(struct sigevent)", 64);
        put(values, "offsetof(struct sigevent, sigev_signo)", 8);
        put(values, "offsetof(struct sigevent, sigev_notify)", 12);
        put(values, "offsetof(struct sigevent, _sigev_un._tid)", 16);
        put(values, "sizeof(struct itimerspec)", 32);
        put(values, "offsetof(struct itimerspec, it_interval)", 0);
        put(values, "offsetof(struct itimerspec, it_value)", 16);
        put(values, "sizeof(timer_t)", 8);
        for (Register register : Register.values()) {
            put(
                    values,
                    "offsetof(struct kvm_regs, " + register.name().toLowerCase(java.util.Locale.ROOT) + ")",
                    register.offset);
        }
        assertThat(HeaderDump.values(directory, HEADERS, values.keySet())).isEqualTo(values);
    }

    @Test
    void pagemapScanIsTheCompilersToo(@TempDir Path directory) throws Exception {
        HeaderDump.needsGcc();
        boolean hasIt = HeaderDump.print(directory, List.of("linux/fs.h"), """
                #ifdef PAGEMAP_SCAN
                puts("yes");
                #endif
                """).startsWith("yes");
        assumeTrue(
                hasIt,
                "skipped: linux/fs.h of this machine is older than Linux 6.7 and lacks PAGEMAP_SCAN; what"
                        + " the ioctl does is tested by PagemapTest");
        Map<String, Long> values = new TreeMap<>();
        put(values, "PAGEMAP_SCAN", Pagemap.PAGEMAP_SCAN);
        put(values, "PAGE_IS_FILE", Pagemap.PAGE_IS_FILE);
        put(values, "PAGE_IS_PRESENT", Pagemap.PAGE_IS_PRESENT);
        put(values, "PAGE_IS_SWAPPED", Pagemap.PAGE_IS_SWAPPED);
        put(values, "sizeof(struct pm_scan_arg)", Pagemap.ARG_BYTES);
        put(values, "sizeof(struct page_region)", Pagemap.REGION_BYTES);
        put(values, "offsetof(struct pm_scan_arg, size)", 0);
        put(values, "offsetof(struct pm_scan_arg, start)", 16);
        put(values, "offsetof(struct pm_scan_arg, end)", 24);
        put(values, "offsetof(struct pm_scan_arg, walk_end)", 32);
        put(values, "offsetof(struct pm_scan_arg, vec)", 40);
        put(values, "offsetof(struct pm_scan_arg, vec_len)", 48);
        put(values, "offsetof(struct pm_scan_arg, category_inverted)", 64);
        put(values, "offsetof(struct pm_scan_arg, category_mask)", 72);
        put(values, "offsetof(struct pm_scan_arg, category_anyof_mask)", 80);
        put(values, "offsetof(struct pm_scan_arg, return_mask)", 88);
        put(values, "offsetof(struct page_region, start)", 0);
        put(values, "offsetof(struct page_region, end)", 8);
        assertThat(HeaderDump.values(directory, List.of("linux/fs.h"), values.keySet()))
                .isEqualTo(values);
    }

    /** The bytes that the setters write are those that a C program with the header writes. */
    @Test
    void specialRegistersAreWrittenWhereTheHeaderHasThem(@TempDir Path directory) throws Exception {
        HeaderDump.needsGcc();
        byte[] bytes = new byte[Vcpu.SREGS_BYTES];
        java.util.Arrays.fill(bytes, (byte) 0xA5);
        MemorySegment segment = java.lang.foreign.Arena.ofAuto().allocate(bytes.length, 8);
        segment.copyFrom(MemorySegment.ofArray(bytes));
        SpecialRegisters special = new SpecialRegisters(segment);
        StringBuilder c = new StringBuilder("struct kvm_sregs s; memset(&s, 0xA5, sizeof s); struct kvm_segment g;\n");
        int number = 0x11;
        for (Segment flat : List.of(Segment.CS, Segment.DS, Segment.ES, Segment.FS, Segment.GS, Segment.SS)) {
            boolean code = flat == Segment.CS;
            special.setFlat(flat, number, 3, code);
            c.append("memset(&g, 0, sizeof g); g.limit = 0xFFFFFFFF; g.selector = " + number
                    + "; g.present = 1; g.dpl = 3; g.s = 1; g.g = 1; g.type = " + (code ? 11 : 3) + "; g.l = "
                    + (code ? 1 : 0) + "; g.db = " + (code ? 0 : 1) + "; " + keepPadding(flat) + "\n");
            number += 0x101;
        }
        special.setTask(0x40, 0x1122334455667788L, 0x8F);
        c.append("memset(&g, 0, sizeof g); g.base = 0x1122334455667788; g.limit = 0x8f; g.selector = 0x40; g.type = 11;"
                + " g.present = 1; s.tr = g;\n");
        special.setUnusable(Segment.LDT);
        c.append("memset(&g, 0, sizeof g); g.unusable = 1; s.ldt = g;\n");
        special.setGdt(0x0102030405060708L, 0x7F);
        special.setIdt(0x1112131415161718L, 0xFFF);
        c.append("s.gdt.base = 0x0102030405060708; s.gdt.limit = 0x7f; s.idt.base = 0x1112131415161718;"
                + " s.idt.limit = 0xfff;\n");
        for (Control control : Control.values()) {
            number += 0x101;
            special.set(control, number);
            c.append("s." + control.name().toLowerCase(java.util.Locale.ROOT) + " = " + number + ";\n");
        }
        c.append("for (unsigned i = 0; i < sizeof s; i++) printf(\"%02x\", ((unsigned char *)&s)[i]);\n");
        MemorySegment.copy(segment, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(HeaderDump.print(directory, HEADERS, c.toString()));
    }

    /** The setter leaves the last byte, which the header calls padding, as it is. */
    private static String keepPadding(Segment segment) {
        String name = "s." + segment.name().toLowerCase(java.util.Locale.ROOT);
        return "g.padding = 0xA5; " + name + " = g;";
    }

    private static void put(Map<String, Long> values, String expression, long value) {
        assertThat(values.put(expression, value)).isNull();
    }
}
