package mayfly.machine.process;

import java.util.function.Consumer;
import mayfly.base.Ids;
import mayfly.machine.Supervisor;

/**
 * What every template of a driver shares.
 *
 * @param closed told when a template was closed
 */
record ProcessHost(
        Supervisor supervisor,
        EndWatch ends,
        Deadlines deadlines,
        WorkBuffers buffers,
        Ids ids,
        Consumer<SandboxTemplate> closed) {
    void forget(SandboxTemplate template) {
        closed.accept(template);
    }
}
