package mayfly.machine.kvm.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import mayfly.machine.kvm.memory.GuestRam;

/** The code that programs read clocks with, built from src/main/c/vdso.c. */
final class Vdso {
    private static final String FILE = "vdso.so";

    private Vdso() {}

    /** An ELF file of at most a page. */
    static byte[] image() {
        try (InputStream in = Vdso.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " was not built: make in machine-kvm");
            }
            byte[] bytes = in.readAllBytes();
            if (bytes.length > GuestRam.PAGE) {
                throw new IllegalStateException(FILE + " is larger than a page");
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
