package mayfly.machine.kvm.cpu;

import java.util.HexFormat;

/**
 * The instructions at which system calls arrive: out to the port, which ends up in the host, and back. If the host
 * answered the coming calls before they were made ({@link AnswerPages}), a call that is the next of them gets its answer
 * here, which saves the way out and back; one that is another goes out, and the host sees that answers are left.
 *
 * <p>Answers are only there where the stub runs at privilege 3: what it does is then nothing that the program could not do
 * itself, whatever it wrote to those pages. It uses no stack and keeps every register but RAX, as Linux does.
 */
final class CallStub {
    /** Where {@link #FORETOLD} is, from the first instruction; the clock's instructions lie in between. */
    static final int FORETOLD_AT = 0x40;

    private static final String[] ENTRY = {
        "48833df86f000000", // cmpq $0x0,NEXT(%rip)
        "7536", // jne foretold
        // plain:
        "e610", // out %al,$0x10
        "480f07" // sysretq
    };

    private static final String[] FORETOLD = {
        // foretold:
        "48891dc16f0000", // mov %rbx,RBX(%rip)
        "488935c26f0000", // mov %rsi,RSI(%rip)
        "48893dc36f0000", // mov %rdi,RDI(%rip)
        "488915c46f0000", // mov %rdx,RDX(%rip)
        "48890dc56f0000", // mov %rcx,RCX(%rip)
        "fc", // cld
        "488b1d956f0000", // mov NEXT(%rip),%rbx
        "483b03", // cmp (%rbx),%rax
        "0f85e7000000", // jne other
        "48337b08", // xor 0x8(%rbx),%rdi
        "48237b38", // and 0x38(%rbx),%rdi
        "0f85d9000000", // jne other
        "48337310", // xor 0x10(%rbx),%rsi
        "48237340", // and 0x40(%rbx),%rsi
        "0f85cb000000", // jne other
        "48335318", // xor 0x18(%rbx),%rdx
        "48235348", // and 0x48(%rbx),%rdx
        "0f85bd000000", // jne other
        "4c89d7", // mov %r10,%rdi
        "48337b20", // xor 0x20(%rbx),%rdi
        "48237b50", // and 0x50(%rbx),%rdi
        "0f85ac000000", // jne other
        "4c89c7", // mov %r8,%rdi
        "48337b28", // xor 0x28(%rbx),%rdi
        "48237b58", // and 0x58(%rbx),%rdi
        "0f859b000000", // jne other
        "4c89cf", // mov %r9,%rdi
        "48337b30", // xor 0x30(%rbx),%rdi
        "48237b60", // and 0x60(%rbx),%rdi
        "0f858a000000", // jne other
        "488d9388000000", // lea 0x88(%rbx),%rdx
        // inputs:
        "48ff4b68", // decq 0x68(%rbx)
        "7815", // js outputs
        "488b3a", // mov (%rdx),%rdi
        "488b4a08", // mov 0x8(%rdx),%rcx
        "488d7218", // lea 0x18(%rdx),%rsi
        "488b5210", // mov 0x10(%rdx),%rdx
        "f3a6", // repz cmpsb %es:(%rdi),%ds:(%rsi)
        "74e7", // je inputs
        "eb68", // jmp other
        // outputs:
        "48ff4b70", // decq 0x70(%rbx)
        "7813", // js done
        "488b3a", // mov (%rdx),%rdi
        "488b4a08", // mov 0x8(%rdx),%rcx
        "488d7218", // lea 0x18(%rdx),%rsi
        "488b5210", // mov 0x10(%rdx),%rdx
        "f3a4", // rep movsb %ds:(%rsi),%es:(%rdi)
        "ebe7", // jmp outputs
        // done:
        "488b4378", // mov 0x78(%rbx),%rax
        "488b9b80000000", // mov 0x80(%rbx),%rbx
        "48891de26e0000", // mov %rbx,NEXT(%rip)
        "488b1de36e0000", // mov RBX(%rip),%rbx
        "488b35e46e0000", // mov RSI(%rip),%rsi
        "488b3de56e0000", // mov RDI(%rip),%rdi
        "488b15e66e0000", // mov RDX(%rip),%rdx
        "488b0de76e0000", // mov RCX(%rip),%rcx
        "488925e86e0000", // mov %rsp,RSP(%rip)
        "488d25316f0000", // lea STACK(%rip),%rsp
        "4153", // push %r11
        "9d", // popf
        "488b25d76e0000", // mov RSP(%rip),%rsp
        "ffe1", // jmp *%rcx
        // other:
        "488b1da66e0000", // mov RBX(%rip),%rbx
        "488b35a76e0000", // mov RSI(%rip),%rsi
        "488b3da86e0000", // mov RDI(%rip),%rdi
        "488b15a96e0000", // mov RDX(%rip),%rdx
        "488b0daa6e0000", // mov RCX(%rip),%rcx
        "e987feffff" // jmp plain
    };

    private CallStub() {}

    /** Of a machine whose calls all go out: out %al, $0x10; sysretq. */
    static byte[] plain() {
        return new byte[] {(byte) 0xE6, Layout.CALL_PORT, 0x48, 0x0F, 0x07};
    }

    /** From {@link Layout#ENTRY} on; with zeroes in between. */
    static byte[] answering() {
        byte[] entry = HexFormat.of().parseHex(String.join("", ENTRY));
        byte[] foretold = HexFormat.of().parseHex(String.join("", FORETOLD));
        byte[] code = new byte[FORETOLD_AT + foretold.length];
        System.arraycopy(entry, 0, code, 0, entry.length);
        System.arraycopy(foretold, 0, code, FORETOLD_AT, foretold.length);
        return code;
    }
}
