package mayfly.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import mayfly.api.JsonValue;
import mayfly.api.Nearest;

/** {@code mayfly pool}: says where the runners of a pool come from. */
final class PoolCommand implements Command {
    private static final List<String> VERBS = List.of("set", "rm");
    private static final long LIFESPAN_SECONDS = 900;

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "pool",
                "set|rm POOL [-- COMMAND [ARGUMENT...]]",
                2,
                Integer.MAX_VALUE,
                false,
                "Say where the runners of a pool come from, or forget the pool.",
                List.of(
                        OptionSpec.value("--serverless", "URL", "an endpoint that makes a runner appear at URL/start"),
                        OptionSpec.repeated("--header", "NAME=VALUE", "sent to the endpoint with every request"),
                        OptionSpec.value("--lifespan", "SECONDS", "of one request to the endpoint; default 900"),
                        OptionSpec.value("--slots", "N", "actors that one runner takes"),
                        OptionSpec.value("--min", "N", "runners that are always there"),
                        OptionSpec.value("--max", "N", "runners at most"),
                        OptionSpec.value("--margin", "N", "runners more than are needed"),
                        OptionSpec.value("--drain", "SECONDS", "that actors have when their runner ends"),
                        OptionSpec.value("--idle", "SECONDS", "how long a runner of COMMAND is kept without actors"),
                        OptionSpec.value("--dir", "DIR", "working directory of COMMAND; default the current one"),
                        OptionSpec.repeated("--env", "NAME=VALUE", "an environment variable of COMMAND")
                                .or("-e"),
                        OptionSpec.value("--namespace", "NAME", "default \"default\"")),
                """
                Without --serverless and COMMAND its runners connect by themselves. With COMMAND the node starts them when
                actors need them, and ends them when they have none; they find the node in RIVET_ENDPOINT and the
                variables beside it.""");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        String verb = arguments.parameters().get(0);
        String name = arguments.parameters().get(1);
        Map<String, String> query = new LinkedHashMap<>();
        query.put("namespace", arguments.text("--namespace").orElse(ActorLists.NAMESPACE));
        String path = "/runner-configs/" + NodeClient.segment(name);
        switch (verb) {
            case "set" -> {
                List<String> command =
                        arguments.parameters().subList(2, arguments.parameters().size());
                SequencedMap<String, JsonValue> pool = definition(arguments, command);
                String kind = pool.firstEntry().getKey();
                JsonValue body = object("datacenters", object("default", new JsonValue.JsonObject(pool)));
                show(session, session.node().rivet("PUT", path, query, Optional.of(body)), name + " is " + kind);
            }
            case "rm" -> {
                if (arguments.parameters().size() > 2) {
                    throw new UsageException("mayfly pool rm takes one name");
                }
                show(session, session.node().rivet("DELETE", path, query, Optional.empty()), "removed " + name);
            }
            default ->
                throw new UsageException("mayfly pool cannot " + verb + Nearest.hint(verb, VERBS) + "; it can "
                        + String.join(", ", VERBS));
        }
        return Exit.OK;
    }

    private static void show(Session session, Answer answer, String done) throws CliException {
        if (session.json()) {
            session.printJson(answer);
        } else {
            session.out().println(done);
        }
    }

    private static SequencedMap<String, JsonValue> definition(Arguments arguments, List<String> command)
            throws UsageException {
        Optional<String> url = arguments.text("--serverless");
        if (url.isPresent() && !command.isEmpty()) {
            throw new UsageException("a pool has either --serverless or a COMMAND");
        }
        SequencedMap<String, JsonValue> pool = new LinkedHashMap<>();
        if (url.isPresent()) {
            refuse(arguments, "--serverless", List.of("--idle", "--dir", "--env"));
            pool.put("serverless", serverless(arguments, url.get()));
        } else if (!command.isEmpty()) {
            refuse(arguments, "COMMAND", List.of("--header", "--lifespan"));
            pool.put("hosted", hosted(arguments, command));
        } else {
            refuse(
                    arguments,
                    "neither --serverless nor COMMAND",
                    List.of(
                            "--header",
                            "--lifespan",
                            "--slots",
                            "--min",
                            "--max",
                            "--margin",
                            "--drain",
                            "--idle",
                            "--dir",
                            "--env"));
            pool.put("normal", new JsonValue.JsonObject(new LinkedHashMap<>()));
        }
        return pool;
    }

    private static void refuse(Arguments arguments, String kind, List<String> options) throws UsageException {
        for (String option : options) {
            if (arguments.flag(option)) {
                throw new UsageException("a pool with " + kind + " has no " + option);
            }
        }
    }

    private static JsonValue serverless(Arguments arguments, String url) throws UsageException {
        SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
        members.put("url", JsonValue.of(url));
        pairs(members, "headers", arguments.all("--header"));
        members.put(
                "request_lifespan", JsonValue.of(arguments.whole("--lifespan").orElse(LIFESPAN_SECONDS)));
        runners(members, arguments);
        return new JsonValue.JsonObject(members);
    }

    private static JsonValue hosted(Arguments arguments, List<String> command) throws UsageException {
        SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
        members.put(
                "command",
                new JsonValue.JsonArray(command.stream().map(JsonValue::of).toList()));
        pairs(members, "env", arguments.all("--env"));
        Path directory =
                Path.of(arguments.text("--dir").orElse("")).toAbsolutePath().normalize();
        members.put("directory", JsonValue.of(directory.toString()));
        whole(members, "idle_seconds", arguments, "--idle");
        runners(members, arguments);
        return new JsonValue.JsonObject(members);
    }

    private static void runners(SequencedMap<String, JsonValue> members, Arguments arguments) throws UsageException {
        whole(members, "slots_per_runner", arguments, "--slots");
        whole(members, "min_runners", arguments, "--min");
        whole(members, "max_runners", arguments, "--max");
        whole(members, "runners_margin", arguments, "--margin");
        whole(members, "drain_grace_period", arguments, "--drain");
    }

    private static void whole(SequencedMap<String, JsonValue> members, String field, Arguments arguments, String option)
            throws UsageException {
        arguments.whole(option).ifPresent(value -> members.put(field, JsonValue.of(value)));
    }

    private static void pairs(SequencedMap<String, JsonValue> members, String field, List<String> given)
            throws UsageException {
        SequencedMap<String, JsonValue> pairs = new LinkedHashMap<>();
        for (String pair : given) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new UsageException("must be NAME=VALUE; found " + pair);
            }
            pairs.put(pair.substring(0, equals), JsonValue.of(pair.substring(equals + 1)));
        }
        if (!pairs.isEmpty()) {
            members.put(field, new JsonValue.JsonObject(pairs));
        }
    }

    private static JsonValue object(String name, JsonValue value) {
        SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
        members.put(name, value);
        return new JsonValue.JsonObject(members);
    }
}
