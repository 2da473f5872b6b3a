package mayfly.cli;

import java.util.List;
import java.util.Map;
import mayfly.api.Route;
import mayfly.api.Signals;
import mayfly.api.TaskResponse;

/** Waits for a task's end and says how it ended, as an exit code. */
final class TaskEnd {
    private static final String WAIT_MS = "30000";

    private TaskEnd() {}

    static TaskResponse await(Session session, String task) throws CliException {
        while (true) {
            Answer answer = session.node().get(Route.TASK_GET, List.of(task), Map.of("wait_ms", WAIT_MS));
            TaskResponse response = Session.read(answer, TaskResponse.class);
            if (response.status().ended()) {
                return response;
            }
        }
    }

    /** The task's own exit code; 128 and its number for a signal; 1 when nobody knows. */
    static int exitCode(TaskResponse task) {
        return task.exitCode()
                .or(() -> task.signal().flatMap(Signals::number).map(number -> Exit.SIGNAL_BASE + number))
                .orElse(Exit.FAILED);
    }
}
