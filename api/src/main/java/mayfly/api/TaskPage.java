package mayfly.api;

import java.util.List;
import java.util.Optional;

/** Tasks, newest first. */
@Doc("Tasks, newest first.")
public record TaskPage(
        List<TaskResponse> items,

        @Doc("cursor of the next page; absent on the last") Optional<String> next) {}
