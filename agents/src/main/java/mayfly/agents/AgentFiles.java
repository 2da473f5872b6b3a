package mayfly.agents;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The files that run inside machines. */
public final class AgentFiles {
    private AgentFiles() {}

    /** The bytes of one agent file, "python3.py" for example. */
    public static byte[] bytes(String name) {
        try (InputStream in = AgentFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new AssertionError("no agent file " + name + " was built into this module");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
