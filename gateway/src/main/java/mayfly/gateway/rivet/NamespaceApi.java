package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mayfly.actors.ActorException;
import mayfly.actors.Namespaces;
import mayfly.api.JsonValue;
import mayfly.api.NamespaceCreateRequest;
import mayfly.base.NamespaceId;
import mayfly.store.NamespaceRecord;

/** The calls on namespaces. */
final class NamespaceApi {
    private final Namespaces namespaces;

    NamespaceApi(Namespaces namespaces) {
        this.namespaces = namespaces;
    }

    JsonValue list(RivetQuery query) throws RivetException {
        Optional<String> name = query.text("name");
        if (name.isPresent()) {
            return Answer.page(
                    "namespaces",
                    namespaces.find(name.get()).stream().map(NamespaceApi::json).toList(),
                    null);
        }
        List<NamespaceId> ids = new ArrayList<>();
        for (String text : query.list("namespace_ids", "namespace_id")) {
            ids.add(parsed("namespace_ids", text));
        }
        Optional<String> cursor = query.text("cursor");
        NamespaceId before = cursor.isEmpty() ? null : parsed("cursor", cursor.get());
        int limit = query.limit();
        List<NamespaceRecord> found;
        if (!ids.isEmpty()) {
            found = ids.stream()
                    .distinct()
                    .flatMap(id -> namespaces.find(id).stream())
                    .toList();
        } else {
            found = limit == 0 ? List.of() : namespaces.list(before, limit);
        }
        return Answer.page(
                "namespaces",
                found.stream().map(NamespaceApi::json).toList(),
                found.isEmpty() ? null : found.getLast().id().value());
    }

    private static NamespaceId parsed(String parameter, String text) throws RivetException {
        try {
            return new NamespaceId(text);
        } catch (IllegalArgumentException e) {
            throw RivetException.badRequest("invalid id in `" + parameter + "` query: " + e.getMessage());
        }
    }

    JsonValue create(NamespaceCreateRequest wanted) throws ActorException {
        return new Members()
                .put("namespace", json(namespaces.create(wanted.name(), wanted.displayName())))
                .json();
    }

    private static JsonValue json(NamespaceRecord namespace) {
        return new Members()
                .put("namespace_id", namespace.id().value())
                .put("name", namespace.name())
                .put("display_name", namespace.displayName())
                .put("create_ts", namespace.createdAt())
                .json();
    }
}
