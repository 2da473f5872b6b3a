package mayfly.gateway.rivet;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mayfly.actors.RunnerShells;
import mayfly.actors.RunnerView;
import mayfly.api.JsonValue;
import mayfly.base.Limits;
import mayfly.base.RunnerId;
import mayfly.store.NamespaceRecord;
import mayfly.store.RunnerFilter;

/** The calls on runners. */
final class RunnerApi {
    private final RunnerShells runners;

    RunnerApi(RunnerShells runners) {
        this.runners = runners;
    }

    JsonValue list(NamespaceRecord namespace, RivetQuery query) throws RivetException {
        List<RunnerId> ids = new ArrayList<>();
        for (String text : query.list("runner_ids", "runner_id")) {
            ids.add(parsed("runner_ids", text));
        }
        if (ids.size() > Limits.LIST_PAGE_MAX) {
            throw RivetException.invalidInput("Too many runner ids (max " + Limits.LIST_PAGE_MAX + ").");
        }
        Optional<String> cursor = query.text("cursor");
        int limit = query.limit();
        RunnerFilter filter = new RunnerFilter(
                namespace.id(),
                query.text("name").orElse(null),
                ids,
                query.flag("include_stopped"),
                cursor.isEmpty() ? null : parsed("cursor", cursor.get()),
                Math.max(limit, 1));
        List<RunnerView> found = limit == 0 ? List.of() : runners.list(filter);
        return Answer.page(
                "runners",
                found.stream().map(RunnerJson::of).toList(),
                found.isEmpty() ? null : found.getLast().record().id().value());
    }

    private static RunnerId parsed(String parameter, String text) throws RivetException {
        try {
            return new RunnerId(text);
        } catch (IllegalArgumentException e) {
            throw RivetException.badRequest("invalid id in `" + parameter + "` query: " + e.getMessage());
        }
    }

    JsonValue names(NamespaceRecord namespace, RivetQuery query) throws RivetException {
        int limit = query.limit();
        List<String> names = limit == 0
                ? List.of()
                : runners.pools(namespace, query.text("cursor").orElse(null), limit);
        return Answer.page(
                "names", names.stream().map(JsonValue::of).toList(), names.isEmpty() ? null : names.getLast());
    }
}
