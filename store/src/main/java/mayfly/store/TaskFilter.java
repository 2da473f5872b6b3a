package mayfly.store;

import mayfly.base.TaskId;
import org.jspecify.annotations.Nullable;

/**
 * Which tasks to list, newest first.
 *
 * @param unfinished only those that are pending or running
 * @param before ids strictly below this one, for paging; null from the newest
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record TaskFilter(
        @Nullable String name,
        @Nullable String status,
        boolean unfinished,
        @Nullable TaskId before,
        int limit) {}
