package mayfly.app;

import java.util.List;
import java.util.Locale;
import mayfly.base.RefusedException;
import mayfly.cli.ServiceFile;
import mayfly.node.Declaration;
import mayfly.node.ProgramFailedException;
import mayfly.node.ServiceRegistry;

/** The services of the file that the configuration names. */
final class DeclaredServices {
    private DeclaredServices() {}

    /** Lets each be as it is declared, and says what that changed; one that cannot be keeps nothing else from it. */
    static void start(ServiceRegistry registry, List<ServiceFile.Declared> services) {
        for (ServiceFile.Declared service : services) {
            try {
                Declaration done = registry.declare(service.definition());
                System.out.println("service " + done.service().definition().name() + " "
                        + done.change().name().toLowerCase(Locale.ROOT) + ", version "
                        + done.service().version() + ", serves "
                        + done.service().address().orElse("nowhere"));
            } catch (RefusedException e) {
                failed(service, String.valueOf(e.getMessage()));
            } catch (ProgramFailedException e) {
                failed(service, e.getMessage() + "\n" + e.error().stack());
            }
        }
        System.out.flush();
    }

    private static void failed(ServiceFile.Declared service, String why) {
        System.err.println("mayfly: service " + service.definition().name() + ": " + why.strip());
    }
}
