package mayfly.cli;

import java.util.List;
import mayfly.api.Health;
import mayfly.api.Route;

/** {@code mayfly health}. */
final class HealthCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("health", "", 0, 0, false, "Tell whether the node serves.", List.of(), "");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException {
        Answer answer = session.node().get(Route.HEALTH);
        if (session.json()) {
            session.printJson(answer);
        } else {
            Health health = Session.read(answer, Health.class);
            session.out()
                    .println("ok  version " + health.version() + "  up " + health.uptimeMs() / 1000 + " s  store "
                            + health.store() + "  machines " + health.driver());
        }
        return Exit.OK;
    }
}
