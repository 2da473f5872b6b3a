package mayfly.store;

import java.util.List;
import mayfly.base.ActorId;
import mayfly.base.NamespaceId;
import org.jspecify.annotations.Nullable;

/**
 * Which actors to list, newest first.
 *
 * @param ids only these, unless empty; at most Limits.LIST_PAGE_MAX
 * @param before ids strictly below this one, for paging; null from the newest
 * @param limit 1 to Limits.LIST_PAGE_MAX
 */
public record ActorFilter(
        NamespaceId namespace,
        @Nullable String name,
        @Nullable String key,
        List<ActorId> ids,
        boolean includeDestroyed,
        @Nullable ActorId before,
        int limit) {
    public ActorFilter {
        ids = List.copyOf(ids);
    }

    /** The actors of one name that were not destroyed. */
    public static ActorFilter named(NamespaceId namespace, String name, int limit) {
        return new ActorFilter(namespace, name, null, List.of(), false, null, limit);
    }
}
