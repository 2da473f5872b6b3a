package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Vcpu;
import mayfly.machine.kvm.memory.AddressSpace;
import mayfly.machine.kvm.memory.GuestFault;
import mayfly.machine.kvm.memory.Region;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Who and where the program is: of one user, on a machine of its own. */
final class IdentityCalls {
    private static final int UTS_FIELD = 65;
    private static final String[] UTS = {"Linux", "mayfly", "6.1.0", "#1 SMP Mayfly", "x86_64", "(none)"};
    private static final int ARCH_SET_GS = 0x1001;
    private static final int ARCH_SET_FS = 0x1002;
    private static final int ARCH_GET_FS = 0x1003;
    private static final int ARCH_GET_GS = 0x1004;

    private IdentityCalls() {}

    static void addTo(CallTable table) {
        table.constant(102, "getuid", Program.USER, "");
        table.constant(104, "getgid", Program.USER, "");
        table.constant(107, "geteuid", Program.USER, "");
        table.constant(108, "getegid", Program.USER, "");
        table.constant(115, "getgroups", 0, "none");
        table.add(105, "setuid", Kind.CONSTANT, "one user", (_, a) -> (int) a[0] == Program.USER ? 0 : -Errno.EPERM);
        table.add(106, "setgid", Kind.CONSTANT, "one group", (_, a) -> (int) a[0] == Program.USER ? 0 : -Errno.EPERM);
        table.add(186, "gettid", Kind.EMULATED, (p, _) -> p.current().id());
        table.add(63, "uname", Kind.CONSTANT, IdentityCalls::uname);
        table.add(158, "arch_prctl", Kind.EMULATED, "bases of FS and GS", IdentityCalls::archPrctl);
    }

    /**
     * Libraries that keep random numbers are to notice that a machine was forked, and are asked by no other way. Python's
     * asyncio asks as well, and believes after a fork that its event loop is its parent's: its module is told the number that
     * it knows.
     */
    static long processId(Program program) {
        GuestProcess process = program.process();
        int now = process.shownId;
        return now != process.id && isCalledFrom(program, "_asyncio.") ? process.id : now;
    }

    /** Whether the function that made the call, a leaf without a frame, returns to a library whose file is called so. */
    private static boolean isCalledFrom(Program program, String file) {
        try {
            program.cpu().settle();
            Region caller =
                    program.space().region(program.space().getLong(program.cpu().get(Vcpu.Register.RSP)));
            return caller != null && caller.name().contains("/" + file);
        } catch (GuestFault noStack) {
            return false;
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be read", e);
        }
    }

    private static long uname(Program program, long[] a) {
        byte[] fields = new byte[UTS.length * UTS_FIELD];
        for (int i = 0; i < UTS.length; i++) {
            byte[] text = UTS[i].getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, fields, i * UTS_FIELD, text.length);
        }
        program.space().write(a[0], fields);
        return 0;
    }

    private static long archPrctl(Program program, long[] a) {
        switch ((int) a[0]) {
            case ARCH_SET_FS -> {
                if (a[1] < 0 || a[1] >= AddressSpace.TOP) {
                    return -Errno.EPERM;
                }
                program.cpu().setFsBase(a[1]);
            }
            case ARCH_SET_GS -> {
                if (a[1] < 0 || a[1] >= AddressSpace.TOP) {
                    return -Errno.EPERM;
                }
                program.cpu().setGsBase(a[1]);
            }
            case ARCH_GET_FS -> program.space().putLong(a[1], program.cpu().fsBase());
            case ARCH_GET_GS -> program.space().putLong(a[1], program.cpu().gsBase());
            default -> {
                return -Errno.EINVAL;
            }
        }
        return 0;
    }
}
