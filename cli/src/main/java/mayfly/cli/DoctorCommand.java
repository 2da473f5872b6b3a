package mayfly.cli;

import java.io.PrintStream;
import java.util.List;
import mayfly.api.DoctorReport;
import mayfly.api.Json;
import mayfly.api.Route;

/** {@code mayfly doctor}. */
final class DoctorCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "doctor",
                "",
                0,
                0,
                false,
                "Show what this host can give, and why not more.",
                List.of(),
                "Asks the node when one runs; examines this host as the current user when none does.");
    }

    @Override
    public int run(Arguments arguments, Session session) throws CliException {
        DoctorReport report;
        String source;
        try {
            report = Session.read(session.node().get(Route.DOCTOR), DoctorReport.class);
            source = "as the running node sees it";
        } catch (CliException e) {
            if (e.exit() != Exit.UNREACHABLE || session.surroundings().doctor().isEmpty()) {
                throw e;
            }
            report = session.surroundings().doctor().get().probe();
            source = "as this user would get it; no node runs";
        }
        if (session.json()) {
            session.out().println(Json.pretty(report));
        } else {
            print(report, source, session.out());
        }
        return report.drivers().stream().anyMatch(DoctorReport.Driver::usable) ? Exit.OK : Exit.FAILED;
    }

    private static void print(DoctorReport report, String source, PrintStream out) {
        out.println("Mayfly " + report.version() + ", Java " + report.java() + ", " + report.kernel() + " "
                + report.arch() + ", " + report.cpus() + " CPUs, " + report.memoryMb() + " MiB, user " + report.user());
        out.println(source);
        for (DoctorReport.Driver driver : report.drivers()) {
            out.println();
            out.println(driver.driver() + ": " + (driver.usable() ? driver.level() : "cannot be used"));
            Table table = new Table("", "FEATURE", "FOUND");
            for (DoctorReport.Feature feature : driver.features()) {
                table.row(feature.available() ? "  yes" : "  no", feature.name(), feature.detail());
            }
            out.print(table.text());
            driver.features().stream()
                    .filter(feature -> !feature.available() && !feature.remedy().isEmpty())
                    .forEach(feature -> out.println("  for " + feature.name() + ": " + feature.remedy()));
        }
    }
}
