package mayfly.machine.kvm.program;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mayfly.linux.Errno;
import org.jspecify.annotations.Nullable;

/** Which system calls of x86-64 there are, and how each is answered. Whatever is not in it answers ENOSYS. */
public final class CallTable {
    /** Behind the highest number in the table. */
    public static final int SIZE = 512;

    /** How a call is answered; SYSTEM_CALLS.md lists them by it. */
    public enum Kind {
        /** From the machine's own state. */
        EMULATED,
        /** With the help of the host's kernel, on files it is allowed to see. */
        HOST_BACKED,
        /** Always the same: there is one user and one processor. */
        CONSTANT,
        /** With the same error always, and why. */
        REFUSED
    }

    /** One call. */
    public record Entry(int number, String name, Kind kind, String remark, CallHandler handler) {}

    private final @Nullable Entry[] entries = new Entry[SIZE];

    /** An empty one. */
    public CallTable() {}

    /** Adds a call; each number once. */
    public void add(int number, String name, Kind kind, String remark, CallHandler handler) {
        if (entries[number] != null) {
            throw new IllegalStateException("system call " + number + " is there twice");
        }
        entries[number] = new Entry(number, name, kind, remark, handler);
    }

    public void add(int number, String name, Kind kind, CallHandler handler) {
        add(number, name, kind, "", handler);
    }

    /** A call that always gives this. */
    public void constant(int number, String name, long result, String remark) {
        if (result < 0) {
            String error = Errno.name((int) -result);
            add(number, name, Kind.REFUSED, remark.isEmpty() ? error : error + ": " + remark, (_, _) -> result);
        } else {
            add(number, name, Kind.CONSTANT, remark, (_, _) -> result);
        }
    }

    /** All calls, by number. */
    public List<Entry> entries() {
        return Arrays.stream(entries).filter(Objects::nonNull).toList();
    }

    @Nullable
    Entry get(long number) {
        return number >= 0 && number < SIZE ? entries[(int) number] : null;
    }

    /** The call's name as in its manual page; "call_N" for those that are not in the table. */
    public String name(long number) {
        return Optional.ofNullable(get(number)).map(Entry::name).orElse("call_" + number);
    }
}
