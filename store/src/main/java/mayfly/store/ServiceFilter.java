package mayfly.store;

import org.jspecify.annotations.Nullable;

/**
 * Which services to list, by name ascending.
 *
 * @param after names strictly above this one, for paging; null from the start
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record ServiceFilter(
        @Nullable String namePrefix, @Nullable String after, int limit) {}
