package mayfly.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mayfly.cli.Arguments;
import mayfly.cli.Cli;
import mayfly.cli.Exit;
import mayfly.cli.UsageException;
import mayfly.machine.kvm.KvmDriver;

/**
 * {@code mayfly demo}: starts a node, deploys the examples, calls them, kills the node to show that a task outlives it,
 * and keeps serving. It does all of that through the commands and calls that users have, and prints them.
 */
final class Demo {
    private static final int CALLS = 200;
    /** The node's JVM compiles what it runs often; after this long it has done most of that. */
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    private final Path home;
    private final String listen;
    private final Path data;
    /** What serves a call on this host, in words. */
    private final String kind;

    private int failures;

    private Demo(Path home, String listen, Path data) {
        this.home = home;
        this.listen = listen;
        this.data = data;
        kind = KvmDriver.examine(Map.of()).usable() ? "virtual machine" : "sandboxed process";
    }

    /** Exits with 0 when everything shown worked. */
    static int run(Arguments arguments) throws UsageException, ConfigException, StartException {
        Map<String, String> settings = Up.settings(arguments);
        Config config = Config.load(arguments.text("--config").map(Path::of), System.getenv(), settings);
        Path data = settings.containsKey("data") ? config.data() : config.data().resolveSibling("mayfly-demo");
        String listen = config.listen().host() + ":" + config.listen().port();
        return new Demo(Path.of(System.getProperty("mayfly.home", ".")), listen, data).run(arguments.flag("--exit"));
    }

    private int run(boolean exit) throws StartException {
        say("Starting a node on " + listen + ", data in " + data);
        ChildNode node = ChildNode.start(listen, data);
        Runtime.getRuntime().addShutdownHook(new Thread(node::close));
        try {
            functions(node);
            node = outlive(node);
            if (exit) {
                DemoTools.endTasks(node.url());
            }
        } catch (IOException e) {
            node.close();
            throw new StartException("the demo could not go on: " + e.getMessage(), e);
        }
        if (exit) {
            node.close();
            say(failures == 0 ? "The demo worked." : failures + " of the demo's steps failed; see above.");
            return failures == 0 ? Exit.OK : Exit.FAILED;
        }
        next(node);
        ChildNode last = node;
        Runtime.getRuntime().addShutdownHook(new Thread(last::close));
        return last.await();
    }

    private void functions(ChildNode node) throws IOException {
        say("1. Functions: every call runs in a " + kind + " of its own");
        Path examples = home.resolve("examples");
        deploy(node, examples.resolve("hello-python"));
        invoke(node, "hello-python", "{\"name\": \"Ada\"}");
        measure(node, "hello-python", "Python, each in a fresh " + kind);
        deploy(node, examples.resolve("counter-warm"));
        measure(node, "counter-warm", "Python, all in a warm " + kind + " that keeps its state");
        if (DemoTools.has("node")) {
            deploy(node, examples.resolve("hello-node"));
            invoke(node, "hello-node", "{\"name\": \"Grace\"}");
        } else {
            say("   (hello-node is skipped: there is no node here; apt-get install nodejs)");
        }
        Path c = data.resolve("demo-hello-c");
        if (DemoTools.compile(examples.resolve("hello-c/hello.c"), c.resolve("program"))) {
            Files.copy(
                    examples.resolve("hello-c/mayfly.toml"),
                    c.resolve("mayfly.toml"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            deploy(node, c);
            invoke(node, "hello-c", "[1, 2, 3]");
            measure(node, "hello-c", "C, each in a fresh " + kind);
        } else {
            say("   (hello-c is skipped: no C compiler here; apt-get install gcc libc6-dev)");
        }
    }

    private ChildNode outlive(ChildNode node) throws StartException, IOException {
        say("2. Tasks: a command goes on when Mayfly is killed");
        String script = "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo tick $i; sleep 1; done";
        mayfly(node, List.of("run", "--detach", "--name", "ticker", "--", "/bin/sh", "-c", script));
        say("$ kill -9 " + node.pid() + "        # the node");
        node.kill();
        ChildNode again = ChildNode.start(listen, data);
        say("  ... and it is up again");
        mayfly(again, List.of("ls", "tasks"));
        return again;
    }

    private void deploy(ChildNode node, Path directory) {
        mayfly(node, List.of("deploy", directory.toString()));
    }

    private void invoke(ChildNode node, String name, String payload) {
        mayfly(node, List.of("invoke", name, payload));
    }

    private void mayfly(ChildNode node, List<String> command) {
        String shown = String.join(" ", command.stream().map(DemoTools::quoted).toList());
        say("$ mayfly " + shown.replace(home + "/", ""));
        String[] arguments = new String[command.size() + 2];
        List<String> all = new java.util.ArrayList<>(List.of(command.getFirst(), "--url", node.url()));
        all.addAll(command.subList(1, command.size()));
        int code = Cli.run(all.toArray(arguments));
        if (code != 0) {
            failures++;
            say("   (that command failed with exit code " + code + ")");
        }
    }

    private void measure(ChildNode node, String function, String what) throws IOException {
        String url = node.url() + "/api/v1/functions/" + function + "/invoke";
        long begin = System.nanoTime();
        double first = medianMillis(url);
        double last = first;
        while (System.nanoTime() - begin < WARM_UP.toNanos()) {
            last = medianMillis(url);
        }
        System.out.printf(
                "  calls over HTTP, %s: median %.2f ms of the first %d, %.2f ms of the last %d in %d s%n",
                what, first, CALLS, last, CALLS, WARM_UP.toSeconds());
    }

    private static double medianMillis(String url) throws IOException {
        long[] micros = new long[CALLS];
        for (int i = 0; i < CALLS; i++) {
            micros[i] = DemoTools.call(url, "{\"name\":\"demo\"}");
        }
        Arrays.sort(micros);
        return micros[CALLS / 2] / 1000.0;
    }

    private void next(ChildNode node) {
        say("Serving on " + node.url() + " until Ctrl-C. Try in another terminal:");
        System.out.printf("""
                  curl -d '{"name":"you"}' %1$s/api/v1/functions/hello-python/invoke
                  ./mayfly logs -f $(./mayfly ls tasks --json | grep -o 'task_[0-9a-z]*' | head -n 1)
                  ./mayfly run -- uname -a
                  ./mayfly ls invocations
                  ./mayfly doctor
                  ./mayfly help
                """, node.url());
        System.out.flush();
    }

    private static void say(String line) {
        boolean heading = !line.startsWith("$") && !line.startsWith(" ");
        System.out.println(heading ? "\n" + line : line);
        System.out.flush();
    }
}
