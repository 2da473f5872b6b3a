package mayfly.store;

import mayfly.base.InvocationId;
import org.jspecify.annotations.Nullable;

/**
 * Which invocations to list, newest first; payloads, results and logs are left out (null).
 *
 * @param before ids strictly below this one, for paging; null from the newest
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record InvocationFilter(
        @Nullable String functionName,
        @Nullable String status,
        @Nullable InvocationId before,
        int limit) {}
