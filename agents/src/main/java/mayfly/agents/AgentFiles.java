package mayfly.agents;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The files that run inside machines. */
public final class AgentFiles {
    /** The agent, which finds the rest of itself beside it. */
    public static final String PYTHON = "python3.py";

    public static final String NODE = "node.js";
    /** The kit that native programs are compiled with. */
    public static final String HEADER = "mayfly.h";

    /** What Node servers load before their program: random numbers that differ between connections. */
    public static final String NODE_RANDOM = "random.cjs";

    /** The same for Python servers: Python imports it when its directory is in PYTHONPATH. Not for functions. */
    public static final String PYTHON_RANDOM = "sitecustomize.py";

    private static final List<String> NAMES = List.of(
            PYTHON,
            "mayfly_call.py",
            "mayfly_channel.py",
            "mayfly_fork.py",
            "mayfly_handler.py",
            "mayfly_virtual.py",
            "mayfly_zygote.py",
            "forkbox.so",
            NODE,
            NODE_RANDOM,
            HEADER);

    private AgentFiles() {}

    /** Every file that belongs into the directory that machines see as /mayfly. */
    public static List<String> names() {
        return NAMES;
    }

    /** The bytes of one agent file. */
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
