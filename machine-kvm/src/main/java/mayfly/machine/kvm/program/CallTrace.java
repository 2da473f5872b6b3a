package mayfly.machine.kvm.program;

import java.util.function.Consumer;
import mayfly.linux.Errno;

/** Writes a line for each system call: {@code [2] openat(ffffff9c, 7f..., 0, 0, 0, 0) = 3}. Numbers are hexadecimal. */
public final class CallTrace implements Program.Tracer {
    private static final int ERRNO_MAX = 4095;

    private final Consumer<String> lines;

    public CallTrace(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void call(GuestThread thread, String name, long[] arguments, long result) {
        StringBuilder line = new StringBuilder("[")
                .append(thread.id())
                .append("] ")
                .append(name)
                .append('(');
        for (int i = 0; i < arguments.length; i++) {
            line.append(i > 0 ? ", " : "").append(Long.toHexString(arguments[i]));
        }
        line.append(") = ");
        if (result == Wait.PENDING) {
            line.append("(waits)");
        } else if (result < 0 && result >= -ERRNO_MAX) {
            line.append("-").append(Errno.name((int) -result));
        } else {
            line.append(Long.toHexString(result));
        }
        lines.accept(line.toString());
    }
}
