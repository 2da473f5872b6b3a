package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instructions that programs must not get anywhere with: each ends the program with the signal that Linux would send, or
 * does nothing, and the machine is as before after its reset.
 */
class HostileInstructionsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** KVM without hardware help emulates some instructions that fault, and raises an illegal instruction instead. */
    private static final String EMULATED = "11|4";

    /** @param expected signals or "ok", separated by bars */
    private record Attack(String name, String code, String expected) {}

    private final List<Attack> attacks = new ArrayList<>();

    private void asm(String name, String assembly, String expected) {
        attacks.add(new Attack(
                name,
                "asm volatile(\""
                        + assembly.replace("%", "%%").replace("\n", "\\n").replace("\"", "\\\"")
                        + "\" : : \"b\"(arg) : \"rax\", \"rcx\", \"rdx\", \"rsi\", \"rdi\", \"r8\", \"r9\", \"r10\", \"r11\","
                        + " \"memory\", \"cc\");",
                expected));
    }

    private void c(String name, String code, String expected) {
        attacks.add(new Attack(name, code, expected));
    }

    private void privileged() {
        for (String one : List.of(
                "cli",
                "sti",
                "hlt",
                "mov %cr0, %rax",
                "mov %cr2, %rax",
                "mov %cr3, %rax",
                "mov %cr4, %rax",
                "mov %rax, %cr0",
                "mov %rax, %cr3",
                "mov %rax, %cr4",
                "mov %rax, %cr8",
                "mov %rax, %dr7",
                "mov %dr6, %rax",
                "lgdt (%rsp)",
                "lidt (%rsp)",
                "mov $0x28, %ax; lldt %ax",
                "mov $0x40, %ax; ltr %ax",
                "lmsw %ax",
                "clts",
                "invd",
                "wbinvd",
                "invlpg (%rsp)",
                "swapgs",
                "sysretq",
                "sysretl",
                "xor %ecx, %ecx; xsetbv",
                "mov $0xC0000082, %ecx; rdmsr",
                "mov $0xC0000082, %ecx; mov $0x400000, %eax; xor %edx, %edx; wrmsr",
                "mov $0xC0000080, %ecx; wrmsr",
                "mov $0x1b, %ecx; wrmsr",
                "insb",
                "outsl",
                "lcall *-8(%rsp)")) {
            asm(one, one, "11");
        }
        for (String one : List.of(
                "vmcall",
                "vmmcall",
                "vmlaunch",
                "vmresume",
                "vmxoff",
                "vmrun",
                "vmload",
                "vmsave",
                "stgi",
                "clgi",
                "skinit",
                "invlpga",
                "monitor",
                "mwait",
                "rsm",
                ".byte 0x0f,0x01,0xd7",
                ".byte 0x0f,0x01,0xef",
                "getsec",
                "sysexit",
                "sysenter",
                "rdpmc")) {
            asm(one, one, "4|11|ok");
        }
        for (String one : List.of("sgdt -32(%rsp)", "sidt -32(%rsp)", "str %ax", "sldt %ax", "smsw %ax")) {
            asm(one, one, "ok|11");
        }
        for (String one : List.of("push %rbx; cpuid; pop %rbx", "rdtsc", "rdtscp", "xor %ecx, %ecx; xgetbv", "pause")) {
            asm(one, one, "ok");
        }
        asm("ud2", "ud2", "4");
        asm("ud0", ".byte 0x0f,0xff,0xc0", "4");
        asm("lock on a register", ".byte 0xf0,0x01,0xc0", "4");
        asm("16 bytes", ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90", "11");
        asm("icebp", ".byte 0xf1", "5");
        asm("int3", "int3", "5");
        asm("divide", "xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx; div %ecx", "8");
    }

    private void interrupts() {
        // where KVM runs without hardware help, 26 is its own, and does nothing
        for (int n = 0; n < 256; n++) {
            asm("int " + n, ".byte 0xcd," + n, n == 3 ? "5" : n == 26 ? EMULATED + "|ok" : EMULATED);
        }
    }

    private void ports() {
        for (int port = 0; port < 0x140; port++) {
            asm(
                    "out " + port,
                    "mov $39, %eax; lea 1f(%rip), %rcx; mov $" + port + ", %edx; out %al, %dx; 1:",
                    port == 0x10 ? "ok" : "11");
        }
        for (int port : new int[] {0x3f8, 0x402, 0x510, 0x604, 0xb004, 0xcf8, 0xcfc, 0x5658, 0x5659, 0xffff}) {
            asm("out " + port, "mov $0x564D5868, %eax; mov $" + port + ", %edx; out %eax, %dx", "11");
            asm("in " + port, "mov $0x564D5868, %eax; mov $" + port + ", %edx; in %dx, %eax", "11");
        }
        asm("out over the call port", "mov $0xe, %edx; out %eax, %dx", "11");
        asm("outl at the call port", "out %eax, $0x10", "11");
        asm("in from the call port", "mov $39, %eax; lea 1f(%rip), %rcx; in $0x10, %al; 1:", "ok|11|4|9");
        String strings = "mov $39, %eax; mov $0x10, %edx; lea buffer(%rip), %rsi; mov %rsi, %rdi; ";
        asm("outs", strings + "mov $0x7fffffff, %ecx; rep outsb", "ok|4|9|11|interrupted");
        asm("ins", strings + "mov $0x7fffffff, %ecx; rep insb", "ok|4|9|11|interrupted");
        asm("ins to nowhere", strings + "mov $100, %ecx; xor %edi, %edi; rep insb", "ok|4|9|11|interrupted");
    }

    private void calls() {
        // getpid through the port, coming back to strange places
        for (String back :
                List.of("0", "0x8000000000000000", "0xffff800000004000", "0x800000000000", "0x7fffffffffff", "-1")) {
            asm("call back to " + back, "mov $39, %eax; movabs $" + back + ", %rcx; out %al, $0x10", "11|9");
        }
        asm(
                "call with all flags",
                "mov $39, %eax; lea 1f(%rip), %rcx; mov $-1, %r11; out %al, $0x10; 1: nop; nop",
                "5");
        asm(
                "call with no stack",
                "mov %rsp, %r8; xor %esp, %esp; mov $110, %eax; syscall; mov %r8, %rsp; cmp $1, %eax; je 1f; ud2; 1:",
                "ok");
        asm(
                "call with a stack nowhere",
                "mov %rsp, %r8; movabs $0x8000000000000000, %rsp; mov $39, %eax; syscall; mov %r8, %rsp",
                "ok");
        asm("call with the trap flag", "pushfq; orl $0x100, (%rsp); popfq; mov $39, %eax; syscall; nop", "5");
        asm("call nobody has", "mov $-1, %rax; syscall; mov $0x7fffffffffffffff, %rax; syscall", "ok");
        String stub = "movabs $0x7ffffff01000, %r8; ";
        asm("jump to the stub", stub + "mov $39, %eax; lea 1f(%rip), %rcx; jmp *%r8; 1:", "ok");
        for (int at = 1; at < 0x1A0; at += at < 16 ? 1 : 7) { // what it runs into there may be a call that waits
            asm("jump into the stub + " + at, stub + "xor %eax, %eax; add $" + at + ", %r8; jmp *%r8", "11|4|5|idle");
        }
        String answers = "movabs $0x7ffffff08000, %r8; ";
        asm("an answer nowhere", answers + "movq $8, (%r8); mov $39, %eax; syscall", "11");
        asm("an answer in the stub", answers + "movabs $0x7ffffff01000, %r9; mov %r9, (%r8); syscall", "11|ok|idle");
        asm(
                "an answer that writes to the stub",
                answers + "lea 128(%r8), %r9; mov %r9, (%r8); movq $39, (%r9); movq $1, 112(%r9); mov %r8, %r10;"
                        + " sub $0x7000, %r10; mov %r10, 136(%r9); movq $8, 144(%r9); mov $39, %eax; syscall",
                "11");
        asm("write the stub", stub + "movb $0x90, (%r8)", "11");
        asm("read the stub", stub + "mov (%r8), %al", "ok|11");
        for (int page = 0; page < 16; page++) {
            asm(
                    "write behind the top, page " + page,
                    "movabs $0x7ffffff00000 + " + page + " * 4096, %r8; movb $1, (%r8)",
                    page >= 8 && page <= 10 ? "11|ok" : "11"); // three pages are for answers
        }
        asm("int3 with the nested flag", "pushfq; orl $0x4000, (%rsp); popfq; int3", "5");
        asm("call with the nested flag", "pushfq; orl $0x4000, (%rsp); popfq; mov $39, %eax; syscall", "ok");
        asm("iopl", "pushfq; orl $0x3000, (%rsp); popfq; cli", "11");
        asm("unaligned with the check", "pushfq; orl $0x40000, (%rsp); popfq; mov 1(%rsp), %rax; nop", "7|ok");
    }

    private void segments() {
        for (String selector : List.of("0x8", "0x10", "0x18", "0x40", "0x43", "0x7", "0x4", "0x1000", "0xffff")) {
            asm("ds " + selector, "mov $" + selector + ", %eax; mov %eax, %ds", "11");
            asm("ss " + selector, "mov $" + selector + ", %eax; mov %eax, %ss", "11|7");
        }
        asm("ds of null", "xor %eax, %eax; mov %eax, %ds; mov %eax, %es", "ok");
        asm("ss of null", "xor %eax, %eax; mov %eax, %ss", "11");
        asm("fs of null", "mov %fs, %eax; xor %eax, %eax; mov %eax, %fs; mov %fs:0, %rax", "11");
        for (String selector : List.of("0x10", "0x8", "0x40", "0x7", "0x1b", "0x2b")) {
            asm("lret to " + selector, "push $" + selector + "; lea 1f(%rip), %rax; push %rax; lretq; 1:", "11");
            asm(
                    "iret to " + selector,
                    "mov %rsp, %r8; push $0x18; push %r8; pushfq; push $" + selector
                            + "; lea 1f(%rip), %rax; push %rax; iretq; 1:",
                    "11");
        }
        String compatible = "push $0x23; lea 1f(%rip), %rax; push %rax; lretq; .code32; 1: ";
        asm("32 bit", compatible + "int3; .code64", "5|4");
        asm("32 bit int 80", compatible + "int $0x80; .code64", "11|4");
        asm("32 bit syscall", compatible + "mov $39, %eax; syscall; .code64", "11|4|9|ok");
        asm("32 bit sysenter", compatible + "sysenter; .code64", "11|4");
        asm(
                "32 bit port",
                compatible + "mov $39, %eax; mov $0x401000, %ecx; out %al, $0x10; .code64",
                "11|4|9|5|7|8|ok");
        asm("32 bit far jump", compatible + "ljmp $0x10, $0x401000; .code64", "11");
        asm("wrfsbase nowhere", "movabs $0x8000000000000000, %rax; wrfsbase %rax", "11|4");
        asm("wrgsbase to the machine", "movabs $0xffff800000001000, %rax; wrgsbase %rax; mov %gs:0, %rax", "11|4");
    }

    private void memory() {
        for (String address : List.of(
                "0",
                "0xfff",
                "0xffff800000000000",
                "0xffff800000001000",
                "0xffff800000003000",
                "0xffff800000005ff8",
                "0xffffffffffffffff",
                "0x800000000000",
                "0x8000000000000000",
                "0x7ffffffff000")) {
            asm("read " + address, "movabs $" + address + ", %r8; mov (%r8), %rax", "11|7");
            asm("write " + address, "movabs $" + address + ", %r8; mov %rax, (%r8)", "11|7");
            asm("run " + address, "movabs $" + address + ", %r8; jmp *%r8", "11|7");
            asm("push at " + address, "movabs $" + address + ", %rsp; push %rax", "11|7");
            asm("vector at " + address, "movabs $" + address + ", %r8; vmovdqu (%r8), %ymm0", "11|7|4");
            asm(
                    "xrstor from " + address,
                    "movabs $" + address + ", %r8; mov $-1, %eax; mov $-1, %edx; xrstor (%r8)",
                    "11|7");
        }
        c("write text", "extern int main(void); *(volatile char *)main = 1;", "11");
        c("run data", "static char code[] = {0xc3}; ((void (*)(void))code)();", "11");
        c("run the stack", "volatile char code[1] = {0xc3}; ((void (*)(void))code)();", "11");
        c("use up the stack", "deep(1);", "11");
        c("write a constant", "*(volatile char *)\"constant\" = 1;", "11");
        c(
                "xrstor of garbage",
                "memset(buffer, 0xff, 4096); asm volatile(\"xrstor %0\" : : \"m\"(buffer), \"a\"(-1), \"d\"(-1));",
                "11");
        asm("mxcsr", "push $-1; ldmxcsr (%rsp); pop %rax", EMULATED);
        asm(
                "sse exception",
                "push $0; ldmxcsr (%rsp); pop %rax; xor %eax, %eax; cvtsi2ss %eax, %xmm0; divss %xmm0, %xmm0",
                "8");
        asm("x87 exception", "push $0x300; fldcw (%rsp); pop %rax; fldz; fldz; fdivrp; fwait", "8");
        c("leave the vector state", "vectors();", "ok");
        c("see the vector state", "if (dirty()) abort();", "ok");
    }

    private static final String C = """
            static char buffer[65536] __attribute__((aligned(4096), used));
            static int deep(int n) { volatile char big[4000]; big[0] = n; return deep(n + 1) + big[0]; }
            static void vectors(void) {
                asm volatile("vpcmpeqd %ymm0,%ymm0,%ymm0; vmovdqa %ymm0,%ymm7; vmovdqa %ymm0,%ymm15; fld1; fldpi");
                if (__builtin_cpu_supports("avx512f"))
                    asm volatile("vpternlogd $255,%%zmm31,%%zmm31,%%zmm31;"
                        "kxnorw %%k1,%%k1,%%k1" ::: "memory");
            }
            static int dirty(void) {
                unsigned long all[8] = {0};
                asm volatile("vmovdqu %%ymm15, %0" : "=m"(all));
                if (__builtin_cpu_supports("avx512f")) asm volatile("vmovdqu64 %%zmm31, %0" : "=m"(all));
                for (int i = 0; i < 8; i++) if (all[i]) return 1;
                unsigned short status; asm volatile("fstsw %0" : "=m"(status));
                return (status & 0x3800) != 0;
            }
            """;

    @Test
    void noneGetsAnywhere(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        privileged();
        interrupts();
        ports();
        calls();
        segments();
        memory();
        StringBuilder source = new StringBuilder(C).append("static void attack(long n);\n");
        for (int i = 0; i < attacks.size(); i++) {
            source.append("__attribute__((noinline)) static void a" + i + "(void) { "
                    + attacks.get(i).code() + " }\n");
        }
        source.append("static void (*const all[])(void) = {");
        for (int i = 0; i < attacks.size(); i++) {
            source.append("a" + i + ", ");
        }
        source.append("};\nstatic void attack(long n) { all[n](); }\n");
        Path program = Victim.compile(directory, "instructions", source.toString());
        String before = Victim.held();
        List<String> wrong = Bed.on((kvm, signal) -> {
            List<String> others = new ArrayList<>();
            try (Victim victim = Victim.start(kvm, signal, program, 16 << 20)) {
                for (int i = 0; i < attacks.size(); i++) {
                    Attack attack = attacks.get(i);
                    String outcome =
                            victim.attack(i, 0, attack.name().contains("ins") ? Duration.ofMillis(300) : PATIENCE);
                    String signalOrOk = outcome.split(" ", 2)[0];
                    if (!List.of(attack.expected().split("\\|", -1)).contains(signalOrOk) || outcome.contains("bug")) {
                        others.add(attack.name() + ": " + outcome + ", not " + attack.expected());
                    }
                }
            }
            return others;
        });
        System.out.println("HostileInstructionsTest: " + attacks.size() + " attacks");
        assertThat(wrong).isEmpty();
        Victim.assertNoMoreIsHeld(before);
    }
}
