package mayfly.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.ActorAnswer;
import mayfly.api.ActorNamePage;
import mayfly.api.ActorPage;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.Pagination;
import mayfly.api.PoolAnswer;
import mayfly.api.PoolPage;
import mayfly.api.RunnerAnswer;
import mayfly.api.RunnerPage;

/** {@code mayfly ls actors}, {@code runners} and {@code pools}. */
final class ActorLists {
    static final String NAMESPACE = "default";
    private static final long LIMIT = 100;

    private final Session session;
    private final Arguments arguments;

    ActorLists(Session session, Arguments arguments) {
        this.session = session;
        this.arguments = arguments;
    }

    void print(String kind) throws CliException, UsageException {
        for (String option : List.of("--prefix", "--runtime", "--tag", "--function", "--status")) {
            if (arguments.flag(option)) {
                throw new UsageException("a list of " + kind + " has no " + option);
            }
        }
        if (kind.startsWith("actor")) {
            actors();
        } else if (kind.startsWith("runner")) {
            runners();
        } else {
            pools();
        }
    }

    private Map<String, String> query() throws UsageException {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("namespace", arguments.text("--namespace").orElse(NAMESPACE));
        arguments.whole("--limit").ifPresent(limit -> query.put("limit", limit.toString()));
        return query;
    }

    private void more(Pagination pagination, int found) throws UsageException {
        if (found >= arguments.whole("--limit").orElse(LIMIT)) {
            pagination.cursor().ifPresent(cursor -> session.err().println("there are more: --cursor " + cursor));
        }
    }

    // Actors ----------------------------------------------------------------------------------------------------

    private void actors() throws CliException, UsageException {
        Optional<String> name = arguments.text("--name");
        if (name.isEmpty()) {
            if (arguments.flag("--key") || arguments.flag("--cursor")) {
                throw new UsageException("--key and --cursor need --name: keys and pages are those of one name");
            }
            allActors();
            return;
        }
        Map<String, String> query = actorsNamed(name.get());
        arguments.text("--key").ifPresent(key -> query.put("key", key));
        arguments.text("--cursor").ifPresent(cursor -> query.put("cursor", cursor));
        Answer answer = session.node().rivet("GET", "/actors", query, Optional.empty());
        if (session.json()) {
            session.printJson(answer);
            return;
        }
        ActorPage page = Session.read(answer, ActorPage.class);
        print(page.actors());
        more(page.pagination(), page.actors().size());
    }

    private Map<String, String> actorsNamed(String name) throws UsageException {
        Map<String, String> query = query();
        query.put("name", name);
        if (arguments.flag("--all")) {
            query.put("include_destroyed", "true");
        }
        return query;
    }

    /** The newest of all names together: the interface lists those of one name. */
    private void allActors() throws CliException, UsageException {
        long limit = arguments.whole("--limit").orElse(LIMIT);
        Map<String, String> ofNames = query();
        ofNames.put("limit", Long.toString(LIMIT));
        ActorNamePage names = Session.read(
                session.node().rivet("GET", "/actors/names", ofNames, Optional.empty()), ActorNamePage.class);
        List<ActorAnswer> all = new ArrayList<>();
        List<JsonValue> raw = new ArrayList<>();
        for (String name : names.names().keySet()) {
            Answer answer = session.node().rivet("GET", "/actors", actorsNamed(name), Optional.empty());
            all.addAll(Session.read(answer, ActorPage.class).actors());
            raw.addAll(items(answer));
        }
        if (session.json()) {
            var members = new LinkedHashMap<String, JsonValue>();
            members.put("actors", new JsonValue.JsonArray(raw));
            JsonValue together = new JsonValue.JsonObject(members);
            session.out().println(Json.pretty(together));
            return;
        }
        all.sort(Comparator.comparingLong(ActorAnswer::createTs).reversed());
        print(all.subList(0, (int) Math.min(limit, all.size())));
        if (all.size() > limit) {
            session.err().println("there are more: say --name, or a larger --limit");
        }
    }

    /** The actors of an answer with every field that the node sent. */
    private static List<JsonValue> items(Answer answer) throws CliException {
        try {
            return Json.parse(answer.bytes()) instanceof JsonValue.JsonObject page
                            && page.get("actors") instanceof JsonValue.JsonArray(List<JsonValue> actors)
                    ? actors
                    : List.of();
        } catch (InvalidException e) {
            throw new CliException(Exit.FAILED, "the node answered with something that is not JSON: " + e.getMessage());
        }
    }

    private void print(List<ActorAnswer> actors) {
        Instant now = session.clock().now();
        Table table = new Table("ID", "NAME", "KEY", "STATUS", "POOL", "AGE", "ERROR");
        for (ActorAnswer actor : actors) {
            table.row(
                    actor.actorId(),
                    actor.name(),
                    actor.key().orElse("-"),
                    status(actor),
                    actor.runnerNameSelector(),
                    Table.age(Instant.ofEpochMilli(actor.createTs()), now),
                    error(actor.error()));
        }
        session.out().print(table.text());
    }

    /** In one word what the times of an actor say. */
    static String status(ActorAnswer actor) {
        if (actor.destroyTs().isPresent()) {
            return "destroyed";
        } else if (actor.connectableTs().isPresent()) {
            return "running";
        } else if (actor.sleepTs().isPresent()) {
            return "sleeping";
        } else if (actor.rescheduleTs().isPresent()) {
            return "backing-off";
        }
        return actor.pendingAllocationTs().isPresent() ? "waiting" : "starting";
    }

    private static String error(Optional<JsonValue> error) {
        return error.map(it -> it instanceof JsonValue.JsonText(String text) ? text : Json.text(it))
                .orElse("-");
    }

    // Runners ---------------------------------------------------------------------------------------------------

    private void runners() throws CliException, UsageException {
        Map<String, String> query = query();
        arguments.text("--name").ifPresent(name -> query.put("name", name));
        arguments.text("--cursor").ifPresent(cursor -> query.put("cursor", cursor));
        if (arguments.flag("--all")) {
            query.put("include_stopped", "true");
        }
        Answer answer = session.node().rivet("GET", "/runners", query, Optional.empty());
        if (session.json()) {
            session.printJson(answer);
            return;
        }
        Instant now = session.clock().now();
        RunnerPage page = Session.read(answer, RunnerPage.class);
        Table table = new Table("ID", "POOL", "KEY", "VERSION", "STATUS", "ACTORS", "SLOTS", "HEARD", "AGE");
        for (RunnerAnswer runner : page.runners()) {
            table.row(
                    runner.runnerId(),
                    runner.name(),
                    runner.key(),
                    "" + runner.version(),
                    runner.stopTs().isPresent() ? "stopped" : runner.drainTs().isPresent() ? "draining" : "serving",
                    "" + (runner.totalSlots() - runner.remainingSlots()),
                    "" + runner.totalSlots(),
                    runner.lastPingTs()
                            .map(ts -> Table.age(Instant.ofEpochMilli(ts), now))
                            .orElse("-"),
                    Table.age(Instant.ofEpochMilli(runner.createTs()), now));
        }
        session.out().print(table.text());
        more(page.pagination(), page.runners().size());
    }

    // Pools -----------------------------------------------------------------------------------------------------

    private void pools() throws CliException, UsageException {
        Map<String, String> query = query();
        arguments.text("--name").ifPresent(name -> query.put("runner_name", name));
        arguments.text("--cursor").ifPresent(cursor -> query.put("cursor", cursor));
        Answer answer = session.node().rivet("GET", "/runner-configs", query, Optional.empty());
        if (session.json()) {
            session.printJson(answer);
            return;
        }
        PoolPage page = Session.read(answer, PoolPage.class);
        Table table = new Table("NAME", "KIND", "RUNNERS", "SLOTS", "ERROR", "FROM");
        page.runnerConfigs().forEach((name, pool) -> pool.datacenters().values().forEach(it -> row(table, name, it)));
        session.out().print(table.text());
        more(page.pagination(), page.runnerConfigs().size());
    }

    private static void row(Table table, String name, PoolAnswer.Definition pool) {
        String error = error(pool.runnerPoolError());
        if (pool.serverless().isPresent()) {
            PoolAnswer.Serverless it = pool.serverless().get();
            table.row(
                    name,
                    "serverless",
                    range(it.minRunners(), it.maxRunners()),
                    slots(it.slotsPerRunner()),
                    error,
                    it.url());
        } else if (pool.hosted().isPresent()) {
            PoolAnswer.Hosted it = pool.hosted().get();
            table.row(
                    name,
                    "hosted",
                    range(it.minRunners(), it.maxRunners()),
                    slots(it.slotsPerRunner()),
                    error,
                    String.join(" ", it.command()));
        } else {
            table.row(name, "normal", "-", "-", error, "-");
        }
    }

    private static String range(Optional<Integer> min, Optional<Integer> max) {
        return min.orElse(0) + "-" + max.map(Object::toString).orElse("");
    }

    private static String slots(Optional<Integer> slots) {
        return slots.map(Object::toString).orElse("-");
    }
}
