package mayfly.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import mayfly.machine.HostReport;

/** {@code mayfly up}: one node in the foreground, until SIGTERM or SIGINT drains it. */
final class Up {
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_USAGE = 2;

    private Up() {}

    /** Starts and stays until it is told to stop; the exit code when it could not start. */
    static int run(String[] arguments) {
        long begin = System.nanoTime();
        Config config;
        try {
            Flags flags = Flags.parse(arguments);
            config = Config.load(flags.file(), System.getenv(), flags.settings());
        } catch (StartException e) {
            return refuse(String.valueOf(e.getMessage()), EXIT_USAGE);
        } catch (ConfigException e) {
            e.problems().forEach(problem -> refuse(problem, EXIT_USAGE));
            return EXIT_USAGE;
        }
        LogFormat.install(config.log());
        try {
            RunningNode.Started started = RunningNode.start(config);
            drainOnSignal(started.running());
            announce(config, started, Duration.ofNanos(System.nanoTime() - begin));
        } catch (StartException e) {
            return refuse(String.valueOf(e.getMessage()), EXIT_FAILED);
        }
        park();
        return 0;
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

    static int refuse(String message, int code) {
        System.err.println("mayfly: " + message);
        return code;
    }
}
