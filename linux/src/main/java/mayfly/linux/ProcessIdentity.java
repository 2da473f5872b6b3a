package mayfly.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What tells a process from a later one with the same number: when it started, and in which run of the machine.
 *
 * @param startTicks field 22 of /proc/PID/stat, clock ticks since boot
 * @param bootId random per boot, in the form of a UUID
 */
public record ProcessIdentity(int pid, long startTicks, String bootId) {
    /** Field 22, counted from the state, which is field 3. */
    private static final int START_AFTER_STATE = 19;

    /** The process that has this number now; empty when there is none, or a zombie only. */
    public static Optional<ProcessIdentity> of(int pid) {
        String stat;
        try {
            // The name in it can be any bytes.
            stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return Optional.empty();
        }
        return startTicks(stat).map(ticks -> new ProcessIdentity(pid, ticks, currentBootId()));
    }

    /** Reads a stat line; empty for a zombie and for what is no stat line. */
    static Optional<Long> startTicks(String stat) {
        // The name is in parentheses and may hold spaces and parentheses itself: the last one ends it.
        int nameEnd = stat.lastIndexOf(')');
        if (nameEnd < 0) {
            return Optional.empty();
        }
        String[] fields = stat.substring(nameEnd + 1).strip().split(" ", -1);
        if (fields.length <= START_AFTER_STATE || fields[0].equals("Z") || fields[0].equals("X")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseLong(fields[START_AFTER_STATE]));
        } catch (NumberFormatException notStat) {
            return Optional.empty();
        }
    }

    /** This run of the machine. */
    public static String currentBootId() {
        return Boot.ID;
    }

    private static final class Boot {
        static final String ID = read();

        private static String read() {
            try {
                return Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                        .strip();
            } catch (IOException e) {
                throw new AssertionError("every Linux has a boot id", e);
            }
        }
    }
}
