package mayfly.store;

import org.jspecify.annotations.Nullable;

/**
 * Which functions to list, by name ascending.
 *
 * @param after names strictly above this one, for paging; null from the start
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record FunctionFilter(
        @Nullable String namePrefix,
        @Nullable String runtime,
        @Nullable String tag,
        @Nullable String after,
        int limit) {}
