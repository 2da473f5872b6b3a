package mayfly.actors;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import mayfly.base.Clock;
import mayfly.base.Ids;
import mayfly.base.NamespaceId;
import mayfly.store.ActorStore;
import mayfly.store.NamespaceRecord;
import org.jspecify.annotations.Nullable;

/** The namespaces of a node. The one named "default" is always there. */
public final class Namespaces {
    /** Where calls go that name no other. */
    public static final String DEFAULT = "default";

    private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?");
    private static final int DISPLAY_NAME_CHARS_MAX = 255;
    private static final int PAGE = 500;

    private final ConcurrentHashMap<String, NamespaceRecord> byName = new ConcurrentHashMap<>();
    private final ActorStore store;
    private final Clock clock;
    private final Ids ids;

    Namespaces(ActorStore store, Clock clock, Ids ids) {
        this.store = store;
        this.clock = clock;
        this.ids = ids;
    }

    /** All that there are, "default" made if it is missing. */
    List<NamespaceRecord> resume() {
        NamespaceId before = null;
        while (true) {
            List<NamespaceRecord> page = store.namespaces(before, PAGE);
            page.forEach(it -> byName.put(it.name(), it));
            if (page.size() < PAGE) {
                break;
            }
            before = page.getLast().id();
        }
        if (!byName.containsKey(DEFAULT)) {
            NamespaceRecord record = new NamespaceRecord(ids.namespace(), DEFAULT, "Default", clock.now());
            store.createNamespace(record).join();
            byName.put(DEFAULT, record);
        }
        return List.copyOf(byName.values());
    }

    public Optional<NamespaceRecord> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    String nameOf(NamespaceId id) {
        return byName.values().stream()
                .filter(it -> it.id().equals(id))
                .map(NamespaceRecord::name)
                .findFirst()
                .orElseThrow(() -> new AssertionError("a pool of no namespace: " + id));
    }

    public Optional<NamespaceRecord> find(NamespaceId id) {
        return byName.values().stream().filter(it -> it.id().equals(id)).findFirst();
    }

    /** @throws ActorException NAMESPACE_NOT_FOUND */
    public NamespaceRecord require(String name) throws ActorException {
        return find(name)
                .orElseThrow(() -> new ActorException(
                        ActorError.NAMESPACE_NOT_FOUND, "The namespace '" + name + "' does not exist."));
    }

    /**
     * Newest first.
     *
     * @param before ids strictly below this one; null from the newest
     */
    public List<NamespaceRecord> list(@Nullable NamespaceId before, int limit) {
        return store.namespaces(before, limit);
    }

    /** May block. */
    public NamespaceRecord create(String name, String displayName) throws ActorException {
        if (!NAME.matcher(name).matches() || displayName.isEmpty() || displayName.length() > DISPLAY_NAME_CHARS_MAX) {
            throw new ActorException(
                    ActorError.NAMESPACE_INVALID,
                    "a namespace's name has 1 to 64 of a-z, 0-9 and, inside, '-'; its display name 1 to "
                            + DISPLAY_NAME_CHARS_MAX + " characters");
        }
        NamespaceRecord record = new NamespaceRecord(ids.namespace(), name, displayName, clock.now());
        boolean created = Durably.write(store.createNamespace(record));
        if (!created) {
            throw new ActorException(ActorError.NAMESPACE_NOT_UNIQUE, "The namespace name '" + name + "' is taken.");
        }
        byName.put(name, record);
        return record;
    }
}
