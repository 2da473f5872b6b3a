package mayfly.checks.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import mayfly.checks.bench.ActorScript.Numbers;

/**
 * Actors on this engine and on the one that their clients were made for (npm @rivetkit/engine-cli, if it is installed
 * beside the other packages), one after the other in one run, each with the durability with which it ships.
 */
final class ActorBench {
    private static final int SLEEPING = 100_000;

    private ActorBench() {}

    static void run(BenchPlace place, Report report) throws IOException, InterruptedException {
        Optional<Path> npm = ActorRunner.npm(place);
        if (npm.isEmpty()) {
            report.skipped(
                    "actors",
                    "the packages of checks/npm are not installed (npm install in checks/npm, or MAYFLY_NPM)");
            return;
        }
        try {
            reference(place, npm.get(), report);
        } catch (IOException e) {
            report.skipped("the rest of the reference engine", "it failed: " + e.getMessage());
        }
        try (ActorHost host = ActorHost.ours(place, "script")) {
            ActorScript script = new ActorScript(place, npm.get(), host);
            ours(script.run(), report);
            script.close();
        }
        if (place.quick()) {
            report.skipped("memory of 1,000 running and " + SLEEPING + " sleeping actors", "--quick");
            return;
        }
        report.atMost(
                "memory of 1,000 running actors over idle", running(place, npm.get(), report), 25, "MiB", "resident");
        report.atMost(
                "memory of " + SLEEPING + " sleeping actors over idle",
                sleeping(place, npm.get()),
                50,
                "MiB",
                "resident");
    }

    private static double running(BenchPlace place, Path npm, Report report) throws IOException, InterruptedException {
        Optional<ActorHost.Reference> reference = ActorHost.reference(place, npm, "memory");
        if (reference.isPresent()) {
            try (ActorHost host = reference.get()) {
                double mib = thousandRunning(place, npm, host);
                report.note("reference: memory of 1,000 running actors over idle", mib, "MiB", "resident");
            } catch (IOException e) {
                report.skipped("memory of the reference engine", "it failed: " + e.getMessage());
            }
        }
        try (ActorHost host = ActorHost.ours(place, "memory")) {
            return thousandRunning(place, npm, host);
        }
    }

    private static double thousandRunning(BenchPlace place, Path npm, ActorHost host)
            throws IOException, InterruptedException {
        ActorScript script = new ActorScript(place, npm, host);
        double mib = script.thousandRunning();
        script.close();
        return mib;
    }

    private static double sleeping(BenchPlace place, Path npm) throws IOException, InterruptedException {
        try (ActorHost host = ActorHost.ours(place, "sleeping")) {
            ActorScript script = new ActorScript(place, npm, host);
            double mib = script.sleeping(SLEEPING);
            script.close();
            return mib;
        }
    }

    private static void reference(BenchPlace place, Path npm, Report report) throws IOException, InterruptedException {
        Optional<ActorHost.Reference> reference = ActorHost.reference(place, npm, "script");
        if (reference.isEmpty()) {
            report.skipped("the reference engine", "npm's @rivetkit/engine-cli is not installed in " + npm);
            return;
        }
        try (ActorHost host = reference.get()) {
            ActorScript script = new ActorScript(place, npm, host);
            Numbers it = script.run();
            script.close();
            report.note("reference: request to a running actor, 1 client, p50", it.hotMillis(), "ms", "");
            report.note("reference: the same, 32 clients", it.hot32PerSecond(), "req/s", "");
            report.note("reference: create and first request, p50", it.createFirstMillis(), "ms", "");
            report.note("reference: first wake, p50", it.firstWakeMillis(), "ms", "");
            report.note("reference: later wakes, p50", it.laterWakeMillis(), "ms", "");
            report.note("reference: serverless cold start, p50", it.serverlessMillis(), "ms", "endpoint up");
            report.note("reference: actors created", it.createdPerSecond(), "/s", "16 clients");
            report.note("reference: runner killed, requests succeed elsewhere", it.killedSeconds(), "s", "SIGKILL");
            noteIf(report, "reference: runner hangs, requests succeed elsewhere", it.stoppedSeconds(), "s");
        }
    }

    private static void noteIf(Report report, String what, double value, String unit) {
        if (value >= 0) {
            report.note(what, value, unit, "");
        }
    }

    private static void ours(Numbers it, Report report) {
        report.atMost("request to a running actor, 1 client, p50", it.hotMillis(), 0.6, "ms", "");
        report.atLeast("the same, 32 clients", it.hot32PerSecond(), 5_000, "req/s", "");
        report.atMost("create and first request, p50", it.createFirstMillis(), 8, "ms", "");
        report.atMost("wake of a sleeping actor, p50", it.firstWakeMillis(), 5, "ms", "the first wake");
        report.atMost("the same, later wakes", it.laterWakeMillis(), 5, "ms", "");
        report.atMost("serverless cold start, p50", it.serverlessMillis(), 40, "ms", "endpoint up");
        report.atLeast("actors created", it.createdPerSecond(), 1_500, "/s", "16 clients");
        report.atMost("runner killed, requests succeed elsewhere", it.killedSeconds(), 2, "s", "SIGKILL");
        if (it.stoppedSeconds() >= 0) {
            report.atMost("runner hangs, requests succeed elsewhere", it.stoppedSeconds(), 16, "s", "SIGSTOP");
        }
    }
}
