package mayfly.machine.kvm.program;

import java.util.List;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.linux.Vcpu.Register;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** rt_sigaction(2) and its relatives. */
final class SignalCalls {
    private static final int MASK_BYTES = 8;
    private static final int BLOCK = 0;
    private static final int UNBLOCK = 1;
    private static final int SET = 2;
    private static final long NANOS = 1_000_000_000L;

    private SignalCalls() {}

    static void addTo(CallTable table) {
        table.add(13, "rt_sigaction", Kind.EMULATED, "stopping does nothing", SignalCalls::action);
        table.add(14, "rt_sigprocmask", Kind.EMULATED, SignalCalls::mask);
        table.add(15, "rt_sigreturn", Kind.EMULATED, SignalCalls::leaveHandler);
        table.add(34, "pause", Kind.EMULATED, (p, _) -> p.await(new Suspension()));
        table.add(62, "kill", Kind.EMULATED, "within the machine", SignalCalls::kill);
        table.add(127, "rt_sigpending", Kind.EMULATED, SignalCalls::pending);
        table.add(128, "rt_sigtimedwait", Kind.EMULATED, SignalCalls::timedWait);
        table.add(129, "rt_sigqueueinfo", Kind.EMULATED, (p, a) -> {
            GuestProcess target = p.processes.find((int) a[0]);
            return target == null ? -Errno.ESRCH : queue(p, target, null, (int) a[1], a[2]);
        });
        table.add(130, "rt_sigsuspend", Kind.EMULATED, SignalCalls::suspend);
        table.add(131, "sigaltstack", Kind.EMULATED, SignalCalls::stack);
        table.add(200, "tkill", Kind.EMULATED, (p, a) -> tkill(p, -1, (int) a[0], (int) a[1]));
        table.add(234, "tgkill", Kind.EMULATED, (p, a) -> {
            return (int) a[0] <= 0 ? -Errno.EINVAL : tkill(p, (int) a[0], (int) a[1], (int) a[2]);
        });
        table.add(297, "rt_tgsigqueueinfo", Kind.EMULATED, SignalCalls::queueToThread);
    }

    private static boolean isSignal(long signal) {
        return (int) signal >= 1 && (int) signal <= Signals.LAST;
    }

    private static long action(Program program, long[] a) {
        int signal = (int) a[0];
        if (a[3] != MASK_BYTES || !isSignal(signal)) {
            return -Errno.EINVAL;
        }
        SignalAction before = program.signals().action(signal);
        if (a[1] != 0) {
            if ((Signals.bit(signal) & Signals.NEVER_BLOCKED) != 0) {
                return -Errno.EINVAL;
            }
            program.signals().setAction(signal, SignalAction.read(program.space(), a[1]));
        }
        if (a[2] != 0) {
            before.write(program.space(), a[2]);
        }
        return 0;
    }

    private static long mask(Program program, long[] a) {
        if (a[3] != MASK_BYTES) {
            return -Errno.EINVAL;
        }
        GuestThread thread = program.current();
        long before = thread.signalMask;
        if (a[1] != 0) {
            long given = program.space().getLong(a[1]);
            long after = switch ((int) a[0]) {
                case BLOCK -> before | given;
                case UNBLOCK -> before & ~given;
                case SET -> given;
                default -> before;
            };
            if ((int) a[0] < BLOCK || (int) a[0] > SET) {
                return -Errno.EINVAL;
            }
            thread.signalMask = after & ~Signals.NEVER_BLOCKED;
        }
        if (a[2] != 0) {
            program.space().putLong(a[2], before);
        }
        return 0;
    }

    private static long leaveHandler(Program program, long[] a) {
        try {
            program.signals().leaveHandler(program.current());
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be set", e);
        }
        return 0; // nobody sees it: all registers are replaced
    }

    private static long kill(Program program, long[] a) {
        int whom = (int) a[0];
        int signal = (int) a[1];
        if (signal != 0 && !isSignal(signal)) {
            return -Errno.EINVAL;
        }
        GuestProcess self = program.process();
        boolean found = false;
        for (GuestProcess each : List.copyOf(program.processes.all())) {
            boolean meant = whom > 0
                    ? each.hasId(whom)
                    : whom == -1 ? !each.equals(self) : each.group == (whom == 0 ? self.group : group(program, -whom));
            if (meant) {
                found = true;
                if (signal != 0 && each.isAlive()) {
                    var _ = send(each, null, SignalInfo.fromProgram(signal, SignalInfo.SI_USER, self.shownId));
                }
            }
        }
        return found ? 0 : -Errno.ESRCH;
    }

    /** A group by its number, or by the one that its leader was told. */
    private static int group(Program program, int number) {
        GuestProcess leader = program.processes.find(number);
        return leader == null ? number : leader.id;
    }

    /** @param process that the thread must be of; -1: any */
    private static long tkill(Program program, int process, int id, int signal) {
        if (id <= 0 || (signal != 0 && !isSignal(signal))) {
            return -Errno.EINVAL;
        }
        GuestThread thread = program.thread(id);
        if (thread == null || (process != -1 && !thread.process.hasId(process))) {
            return -Errno.ESRCH;
        }
        SignalInfo info = SignalInfo.fromProgram(signal, SignalInfo.SI_TKILL, program.process().shownId);
        return signal == 0 ? 0 : send(thread.process, thread, info);
    }

    private static long send(GuestProcess process, @Nullable GuestThread thread, SignalInfo info) {
        boolean sent = process.signals.send(thread, info);
        return sent || info.signal() < PendingSignals.FIRST_QUEUED ? 0 : -Errno.EAGAIN;
    }

    private static long queue(
            Program program, GuestProcess target, @Nullable GuestThread thread, int signal, long info) {
        if (signal != 0 && !isSignal(signal)) {
            return -Errno.EINVAL;
        }
        byte[] written = program.space().read(info, SignalInfo.BYTES);
        return signal == 0 || !target.isAlive() ? 0 : send(target, thread, SignalInfo.given(signal, written));
    }

    private static long queueToThread(Program program, long[] a) {
        if ((int) a[0] <= 0 || (int) a[1] <= 0) {
            return -Errno.EINVAL;
        }
        GuestThread thread = program.thread((int) a[1]);
        return thread != null && thread.process.hasId((int) a[0])
                ? queue(program, thread.process, thread, (int) a[2], a[3])
                : -Errno.ESRCH;
    }

    private static long pending(Program program, long[] a) {
        if (a[1] < 0 || a[1] > MASK_BYTES) {
            return -Errno.EINVAL;
        }
        GuestThread thread = program.current();
        long blocked = program.signals().pending(thread) & thread.signalMask;
        byte[] bytes = new byte[(int) a[1]];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (blocked >>> (8 * i));
        }
        program.space().write(a[0], bytes);
        return 0;
    }

    private static long suspend(Program program, long[] a) {
        if (a[0] == 0) {
            return -Errno.EFAULT;
        }
        long result = program.signals().blockDuringCall(a[0], a[1]);
        return result == 0 ? program.await(new Suspension()) : result;
    }

    private static long timedWait(Program program, long[] a) {
        if (a[3] != MASK_BYTES) {
            return -Errno.EINVAL;
        }
        long set = program.space().getLong(a[0]) & ~Signals.NEVER_BLOCKED;
        long deadline = Wait.FOREVER;
        if (a[2] != 0) {
            long seconds = program.space().getLong(a[2]);
            long nanos = program.space().getLong(a[2] + 8);
            if (seconds < 0 || nanos < 0 || nanos >= NANOS) {
                return -Errno.EINVAL;
            }
            if (seconds < Long.MAX_VALUE / NANOS / 2) {
                deadline = System.nanoTime() + seconds * NANOS + nanos;
            }
        }
        SignalWait wait = new SignalWait(program, program.current(), set, a[1], deadline);
        long result = wait.poll();
        return result == Wait.PENDING ? program.await(wait) : result;
    }

    private static long stack(Program program, long[] a) {
        SignalStack stack = program.current().signalStack;
        long pointer = program.cpu().get(Register.RSP);
        byte[] given = a[0] == 0 ? null : program.space().read(a[0], SignalStack.BYTES);
        SignalStack before = stack.copy();
        if (given != null) {
            java.nio.ByteBuffer in = java.nio.ByteBuffer.wrap(given).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            long result = stack.set(in.getLong(0), in.getInt(8), in.getLong(16), pointer);
            if (result != 0) {
                return result;
            }
        }
        if (a[1] != 0) {
            before.write(program.space(), a[1], pointer);
        }
        return 0;
    }
}
