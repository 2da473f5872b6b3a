package mayfly.machine.kvm.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.Epoll;
import mayfly.machine.kvm.files.OpenFile;
import mayfly.machine.kvm.program.CallTable.Kind;

/** poll(2) and ppoll(2). */
final class PollCalls {
    private static final int ENTRY_BYTES = 8;
    private static final int INVALID = 0x20;

    private PollCalls() {}

    static void addTo(CallTable table) {
        table.add(7, "poll", Kind.EMULATED, (p, a) -> poll(p, a, EpollCalls.millis(p, a[2])));
        table.add(271, "ppoll", Kind.EMULATED, PollCalls::pollTimespec);
    }

    private static long pollTimespec(Program program, long[] a) {
        long blocked = program.signals().blockDuringCall(a[3], a[4]);
        if (blocked < 0) {
            return blocked;
        }
        if (program.isAgain() || a[2] == 0) {
            return poll(program, a, Wait.FOREVER);
        }
        long nanos = Clocks.timespec(program.space(), a[2]);
        return nanos < 0 ? nanos : poll(program, a, nanos == 0 ? 0 : Clocks.after(nanos));
    }

    /** @param deadline as of the first time; 0: does not wait */
    private static long poll(Program program, long[] a, long deadline) {
        long limit = program.state().limits.soft(ResourceLimits.NOFILE);
        if (Long.compareUnsigned(a[1] & 0xFFFF_FFFFL, limit) > 0) {
            return -Errno.EINVAL;
        }
        int count = (int) a[1];
        byte[] bytes = program.space().read(a[0], count * ENTRY_BYTES);
        ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long next = Wait.FOREVER;
        int found = 0;
        for (int at = 0; at < bytes.length; at += ENTRY_BYTES) {
            int fd = entries.getInt(at);
            int events = entries.getShort(at + 4);
            int result = 0;
            if (fd >= 0) {
                OpenFile file = program.descriptors().get(fd);
                result = file == null
                        ? INVALID
                        : Epoll.pollBits(file.ready()) & (events | OpenFile.ERROR | OpenFile.HUNG_UP);
                next = file == null ? next : Math.min(next, file.readyAt());
            }
            entries.putShort(at + 6, (short) result);
            found += result != 0 ? 1 : 0;
        }
        if (found == 0 && deadline != 0 && !Watch.isLast(program)) {
            return Watch.await(program, deadline, next);
        }
        for (int at = 0; at < bytes.length; at += ENTRY_BYTES) {
            program.space().write(a[0] + at + 6, bytes, at + 6, 2);
        }
        return found;
    }
}
