package mayfly.api;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The signals of Linux by name and number; the same on x86-64 and arm64. */
public final class Signals {
    private static final int REALTIME_MAX = 64;

    /** In the order of their numbers, from 1. */
    private static final List<String> NAMES = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");

    private Signals() {}

    /** Reads {@code TERM}, {@code sigterm} or {@code 15}; empty for anything else. */
    public static Optional<Integer> number(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        int at = NAMES.indexOf(name.startsWith("SIG") ? name.substring(3) : name);
        if (at >= 0) {
            return Optional.of(at + 1);
        }
        if (!name.matches("[0-9]{1,2}")) {
            return Optional.empty();
        }
        int number = Integer.parseInt(name);
        return number >= 1 && number <= REALTIME_MAX ? Optional.of(number) : Optional.empty();
    }

    /** {@code SIGTERM} for 15; a number without a name is written {@code SIG40}. */
    public static String name(int number) {
        return number >= 1 && number <= NAMES.size() ? "SIG" + NAMES.get(number - 1) : "SIG" + number;
    }
}
