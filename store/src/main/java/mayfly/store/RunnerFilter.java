package mayfly.store;

import java.util.List;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import org.jspecify.annotations.Nullable;

/**
 * Which runners to list, newest first.
 *
 * @param ids only these, unless empty; at most Limits.LIST_PAGE_MAX
 * @param before ids strictly below this one, for paging; null from the newest
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record RunnerFilter(
        NamespaceId namespace,
        @Nullable String pool,
        List<RunnerId> ids,
        boolean includeStopped,
        @Nullable RunnerId before,
        int limit) {
    public RunnerFilter {
        ids = List.copyOf(ids);
    }
}
