package mayfly.machine.kvm.program;

import java.util.Arrays;
import mayfly.linux.Errno;
import mayfly.machine.kvm.program.CallTable.Kind;

/** Ids and capabilities beyond {@link IdentityCalls}: one user, who has none. */
final class CredentialCalls {
    private static final int USER = 1000;
    private static final int UNCHANGED = -1;
    // linux/capability.h
    private static final int CAPABILITY_VERSION_1 = 0x1998_0330;
    private static final int CAPABILITY_VERSION_2 = 0x2007_1026;
    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;

    private CredentialCalls() {}

    static void addTo(CallTable table) {
        table.add(113, "setreuid", Kind.CONSTANT, "one user", (_, a) -> stay(a, 2));
        table.add(114, "setregid", Kind.CONSTANT, "one group", (_, a) -> stay(a, 2));
        table.add(117, "setresuid", Kind.CONSTANT, "one user", (_, a) -> stay(a, 3));
        table.add(119, "setresgid", Kind.CONSTANT, "one group", (_, a) -> stay(a, 3));
        table.add(118, "getresuid", Kind.CONSTANT, CredentialCalls::three);
        table.add(120, "getresgid", Kind.CONSTANT, CredentialCalls::three);
        table.constant(122, "setfsuid", USER, "one user");
        table.constant(123, "setfsgid", USER, "one group");
        table.constant(116, "setgroups", -Errno.EPERM, "no groups");
        table.add(125, "capget", Kind.CONSTANT, "none", CredentialCalls::capabilities);
        table.add(126, "capset", Kind.CONSTANT, "none", CredentialCalls::setCapabilities);
    }

    /** Setting ids is fine while they stay what they are. */
    private static long stay(long[] ids, int count) {
        return Arrays.stream(ids, 0, count).allMatch(id -> (int) id == UNCHANGED || (int) id == USER)
                ? 0
                : -Errno.EPERM;
    }

    private static long three(Program program, long[] a) {
        for (int i = 0; i < 3; i++) {
            program.space().putInt(a[i], USER);
        }
        return 0;
    }

    /** Words of a capability set of the header's version; 0: unknown, and the header is told which is known. */
    private static int words(Program program, long header) {
        return switch (program.space().getInt(header)) {
            case CAPABILITY_VERSION_1 -> 3;
            case CAPABILITY_VERSION_2, CAPABILITY_VERSION_3 -> 6;
            default -> {
                program.space().putInt(header, CAPABILITY_VERSION_3);
                yield 0;
            }
        };
    }

    private static long capabilities(Program program, long[] a) {
        int words = words(program, a[0]);
        if (words == 0) {
            return a[1] == 0 ? 0 : -Errno.EINVAL;
        }
        int process = program.space().getInt(a[0] + 4);
        if (process < 0) {
            return -Errno.EINVAL;
        }
        if (!SystemInfoCalls.isSelf(program, process)) {
            return -Errno.ESRCH;
        }
        if (a[1] != 0) {
            program.space().clear(a[1], words * 4);
        }
        return 0;
    }

    private static long setCapabilities(Program program, long[] a) {
        int words = words(program, a[0]);
        if (words == 0) {
            return -Errno.EINVAL;
        }
        for (byte bits : program.space().read(a[1], words * 4)) {
            if (bits != 0) {
                return -Errno.EPERM;
            }
        }
        return 0;
    }
}
