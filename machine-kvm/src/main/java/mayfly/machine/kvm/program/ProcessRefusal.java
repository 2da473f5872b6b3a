package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import mayfly.linux.Errno;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.memory.GuestFault;

/** A machine holds one process. A call that would make another is refused, and a line on standard error says what to do. */
final class ProcessRefusal {
    private static final int STANDARD_ERROR = 2;
    /** So that a program that tries again and again does not fill a log. */
    private static final int LINES_MAX = 8;
    /** Below the stack pointer, which functions may use without moving it (System V ABI x86-64, 3.2.2). */
    private static final int RED_ZONE = 128;

    private ProcessRefusal() {}

    static long refuse(Program program, String call) {
        if (program.countRefusal() <= LINES_MAX) {
            say(
                    program,
                    "mayfly: " + call
                            + ": a virtual machine holds one process; give this program isolation = process\n");
        }
        return -Errno.ENOSYS;
    }

    /** Through the program's own memory, where a signal's frame would go: files take bytes from nowhere else. */
    private static void say(Program program, String line) {
        OpenFile file = program.descriptors().get(STANDARD_ERROR);
        if (file == null || !file.writable()) {
            return;
        }
        byte[] text = line.getBytes(StandardCharsets.US_ASCII);
        long at = program.cpu().get(Vcpu.Register.RSP) - RED_ZONE - text.length;
        try {
            program.space().write(at, text);
            var _ = file.write(Transfer.of(program.space(), at, text.length)); // nobody to tell that it failed
        } catch (GuestFault noStack) {
            // the program has no place for it, and its call fails anyway
        }
    }
}
