package mayfly.app;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import mayfly.cli.Arguments;
import mayfly.cli.Exit;
import mayfly.cli.ServiceFile;
import mayfly.cli.UsageException;
import mayfly.machine.HostReport;

/** {@code mayfly up}: one node in the foreground, until SIGTERM or SIGINT drains it. */
final class Up {
    private static final Map<String, String> NAMED = Map.of(
            "--listen", "listen",
            "--data", "data",
            "--store", "store",
            "--services", "services",
            "--token-file", "token_file",
            "--log-level", "log.level",
            "--log-format", "log.format");

    private Up() {}

    /** Starts, and stays until it is told to stop. */
    static int run(Arguments arguments) throws UsageException, ConfigException, StartException {
        long begin = System.nanoTime();
        Config config = Config.load(arguments.text("--config").map(Path::of), System.getenv(), settings(arguments));
        List<ServiceFile.Declared> services = config.services().isEmpty()
                ? List.of()
                : ServiceFile.read(config.services().get());
        LogFormat.install(config.log());
        RunningNode.Started started = RunningNode.start(config);
        drainOnSignal(started.running());
        announce(config, started, Duration.ofNanos(System.nanoTime() - begin));
        DeclaredServices.start(started.node().services(), services);
        park();
        return Exit.OK;
    }

    /** The options as settings: some have names of their own, all can be given with --set KEY=VALUE. */
    static Map<String, String> settings(Arguments arguments) throws UsageException {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String pair : arguments.all("--set")) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new UsageException("--set takes KEY=VALUE; found " + pair + " ('mayfly config' prints all keys)");
            }
            settings.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        NAMED.forEach((option, key) -> arguments.text(option).ifPresent(value -> settings.put(key, value)));
        return settings;
    }

    private static void announce(Config config, RunningNode.Started started, Duration taken) {
        String machines = started.node().host().stream().map(Up::describe).collect(Collectors.joining(", "));
        System.out.printf(
                "ready http://%s:%d (data %s, store %s, machines %s, %d ms)%n",
                config.listen().host(),
                started.server().address().getPort(),
                config.data(),
                started.node().storeEngine(),
                machines,
                taken.toMillis());
        System.out.flush();
        int tasks = started.node().tasks().running();
        if (tasks > 0) {
            System.out.println("found " + tasks + " running " + (tasks == 1 ? "task" : "tasks") + " again");
        }
    }

    private static String describe(HostReport host) {
        return host.driver() + (host.usable() ? " (" + host.level() + ")" : " (unusable: see mayfly doctor)");
    }

    private static void drainOnSignal(RunningNode running) {
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    System.err.println("stopping: calls in flight end, tasks go on");
                    Thread.ofPlatform().name("close").daemon().start(() -> {
                        running.close();
                        stopped.countDown();
                    });
                    try {
                        long limit = running.drainTime().plusSeconds(10).toMillis();
                        if (!stopped.await(limit, TimeUnit.MILLISECONDS)) {
                            System.err.println("stopped without waiting any longer");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
    }

    /** Everything happens on other threads; the signal ends the JVM through the hook. */
    private static void park() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
