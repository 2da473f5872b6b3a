package mayfly.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.Nearest;

/** {@code mayfly actor}: looks at one actor, or changes what it does. */
final class ActorCommand implements Command {
    private static final List<String> VERBS = List.of("inspect", "wake", "sleep", "destroy");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "actor",
                "inspect|wake|sleep|destroy ID",
                2,
                2,
                false,
                "Look at an actor, wake it, put it to sleep, or destroy it.",
                List.of(OptionSpec.value("--namespace", "NAME", "where it is; default \"default\"")),
                "Waking and sleeping are asked for: the actor's runner does it, and 'inspect' shows when it has. A destroyed\n"
                        + "actor is gone with all that it kept, and its key is free again.");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException, UsageException {
        String verb = arguments.parameters().get(0);
        String id = arguments.parameters().get(1);
        if (!id.matches("[A-Za-z0-9_-]{1,100}")) {
            throw new UsageException("not the id of an actor: " + id);
        }
        Map<String, String> query = new LinkedHashMap<>();
        query.put("namespace", arguments.text("--namespace").orElse(ActorLists.NAMESPACE));
        switch (verb) {
            case "inspect" -> inspect(session, query, id);
            case "wake" -> change(session, "POST", "/actors/" + id + "/wake", query, id + " was asked to wake");
            case "sleep" -> change(session, "POST", "/actors/" + id + "/sleep", query, id + " was asked to sleep");
            case "destroy" -> change(session, "DELETE", "/actors/" + id, query, "destroyed " + id);
            default ->
                throw new UsageException("mayfly actor cannot " + verb + Nearest.hint(verb, VERBS) + "; it can "
                        + String.join(", ", VERBS));
        }
        return Exit.OK;
    }

    private static void change(Session session, String method, String path, Map<String, String> query, String done)
            throws CliException {
        Optional<JsonValue> nothing =
                method.equals("POST") ? Optional.of(new JsonValue.JsonObject(new LinkedHashMap<>())) : Optional.empty();
        Answer answer = session.node().rivet(method, path, query, nothing);
        if (session.json()) {
            session.printJson(answer);
        } else {
            session.out().println(done);
        }
    }

    private static void inspect(Session session, Map<String, String> query, String id) throws CliException {
        query.put("actor_ids", id);
        Answer answer = session.node().rivet("GET", "/actors", query, Optional.empty());
        try {
            if (Json.parse(answer.bytes()) instanceof JsonValue.JsonObject page
                    && page.get("actors") instanceof JsonValue.JsonArray(List<JsonValue> actors)
                    && !actors.isEmpty()) {
                JsonValue actor = session.json() ? actors.getFirst() : withoutNulls(actors.getFirst());
                Answer one = new Answer(200, answer.headers(), Json.write(actor));
                if (session.json()) {
                    session.printJson(one);
                } else {
                    GetCommand.print(one, session);
                }
                return;
            }
        } catch (InvalidException e) {
            throw new CliException(Exit.FAILED, "the node answered with something that is not JSON: " + e.getMessage());
        }
        throw new CliException(Exit.NOT_FOUND, "there is no actor " + id);
    }

    /** For people: what has not happened is not said. */
    private static JsonValue withoutNulls(JsonValue value) {
        if (!(value instanceof JsonValue.JsonObject(var members))) {
            return value;
        }
        var said = new LinkedHashMap<>(members);
        said.values().removeIf(JsonValue.JsonNull.class::isInstance);
        return new JsonValue.JsonObject(said);
    }
}
