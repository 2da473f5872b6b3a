package mayfly.hook;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The files that are loaded into servers. */
public final class HookFiles {
    /** The shared object, built by gcc into this module, for LD_PRELOAD in dynamic glibc programs. */
    public static final String OBJECT = "mayfly-hook.so";
    /** What the shared object runs in Python servers. */
    private static final String PYTHON = "mayfly-hook.py";

    private HookFiles() {}

    public static List<String> names() {
        return List.of(OBJECT, PYTHON);
    }

    /** The bytes of one file. */
    public static byte[] bytes(String name) {
        try (InputStream in = HookFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError(name + " was not built into this module");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
