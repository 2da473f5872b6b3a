package mayfly.machine.kvm;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import mayfly.agents.AgentFiles;
import mayfly.machine.kvm.files.HostView;

/**
 * Keeps copies of a server from drawing the same random numbers: Python and Node keep the state of their generators in
 * memory that is copied, so each of them runs some lines of ours at its start. Other programs ask the kernel, whose answers
 * differ, or know how to seed themselves.
 */
final class Randomness {
    private static final String DIRECTORY = "/mayfly/service";

    private Randomness() {}

    /** Shows the files to a service's machines. */
    static void show(HostView view) {
        for (String file : List.of(AgentFiles.PYTHON_RANDOM, AgentFiles.NODE_RANDOM)) {
            view.addText(DIRECTORY + "/" + file, new String(AgentFiles.bytes(file), StandardCharsets.UTF_8));
        }
    }

    /** Has them run; what the environment says besides stays as it is. */
    static void put(Map<String, String> env) {
        env.merge("PYTHONPATH", DIRECTORY, (theirs, ours) -> ours + ":" + theirs);
        env.merge(
                "NODE_OPTIONS",
                "--require " + DIRECTORY + "/" + AgentFiles.NODE_RANDOM,
                (theirs, ours) -> ours + " " + theirs);
    }
}
