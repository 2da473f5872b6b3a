package mayfly.machine.kvm.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether this host's processors have time stamp counters that always go on, equally fast, and all show the same. */
final class SteadyTicks {
    private static final boolean HERE = look();

    private SteadyTicks() {}

    static boolean here() {
        return HERE;
    }

    private static boolean look() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line -> List.of(line.split("\\s+")).containsAll(List.of("constant_tsc", "nonstop_tsc")))
                    .orElse(false);
        } catch (IOException e) {
            return false; // programs make system calls instead
        }
    }
}
