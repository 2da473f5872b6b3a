package mayfly.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.Route;
import mayfly.api.ServiceDeclared;
import mayfly.api.ServiceResponse;

/** {@code mayfly serve --file}: lets services be as a file declares them, and says what that changed. */
final class ServeFile {
    private ServeFile() {}

    static int run(Arguments arguments, Session session) throws CliException, UsageException {
        Path file = Path.of(arguments.text("--file").orElseThrow());
        int exit = Exit.OK;
        for (ServiceFile.Declared service : ServiceFile.read(file)) {
            String name = service.definition().name();
            Answer answer = session.node()
                    .call(
                            Route.SERVICE_DECLARE,
                            List.of(name),
                            Map.of(),
                            Optional.of(NodeClient.Content.json(service.request())));
            try {
                print(NodeClient.expectSuccess(answer), session);
            } catch (CliException e) { // the others do not depend on it
                session.err().println("mayfly: service " + name + ": " + e.getMessage());
                exit = Exit.FAILED;
            }
        }
        return exit;
    }

    private static void print(Answer answer, Session session) throws CliException {
        if (session.json()) {
            session.printJson(answer);
            return;
        }
        ServiceDeclared done = Session.read(answer, ServiceDeclared.class);
        ServiceResponse service = done.service();
        session.out()
                .println(service.name() + " " + ListCommand.word(done.change()) + ", version " + service.version()
                        + ", serves " + service.address().orElse("nowhere"));
    }
}
