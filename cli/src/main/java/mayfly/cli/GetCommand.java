package mayfly.cli;

import java.util.List;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;

/** {@code mayfly get}. */
final class GetCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "get",
                "NAME|ID|service/NAME",
                1,
                1,
                false,
                "Show all of one function, task, invocation or service.",
                List.of(),
                "");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException {
        Subject subject = Subject.of(arguments.parameters().getFirst());
        Answer answer = session.node().get(subject.get(), subject.name());
        if (session.json()) {
            session.printJson(answer);
        } else {
            print(answer, session);
        }
        return Exit.OK;
    }

    /** One line per field; text is printed bare, as people would write it. */
    static void print(Answer answer, Session session) throws CliException {
        try {
            if (Json.parse(answer.bytes()) instanceof JsonValue.JsonObject object) {
                int width = object.members().keySet().stream()
                        .mapToInt(String::length)
                        .max()
                        .orElse(0);
                object.members().forEach((name, value) -> {
                    String text = value instanceof JsonValue.JsonText(String plain)
                            ? plain.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "?")
                            : Json.text(value);
                    session.out()
                            .println(name
                                    + " ".repeat(width - name.length() + 2)
                                    + text.stripTrailing().replace("\n", "\n" + " ".repeat(width + 2)));
                });
            }
        } catch (InvalidException e) {
            throw new CliException(Exit.FAILED, "the node answered with something that is not JSON: " + e.getMessage());
        }
    }
}
