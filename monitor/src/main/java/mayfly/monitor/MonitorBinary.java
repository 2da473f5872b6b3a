package mayfly.monitor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The {@code mayfly-monitor} executable for this platform, as built by gcc into this module. */
public final class MonitorBinary {
    private MonitorBinary() {}

    /** The executable's bytes: a static x86-64 ELF file, under 1 MiB. */
    public static byte[] bytes() {
        try (InputStream in = MonitorBinary.class.getResourceAsStream("mayfly-monitor")) {
            if (in == null) {
                throw new AssertionError("mayfly-monitor was not built into this module");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
