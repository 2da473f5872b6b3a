package mayfly.api;

import java.util.Optional;

/** Sends a signal to a task. */
@Doc("Sends a signal to a task's process group.")
public record KillRequest(
        @Doc("a name or a number: TERM, SIGTERM, 15; default TERM")
        Optional<String> signal) {}
