package mayfly.node;

import static mayfly.node.SimDriver.require;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import mayfly.api.InvalidException;
import mayfly.api.RecordMode;
import mayfly.api.Reuse;
import mayfly.base.ErrorCode;
import mayfly.base.Ids;
import mayfly.base.InvocationId;
import mayfly.base.RefusedException;
import mayfly.machine.Outcome;
import mayfly.store.InvocationRecord;
import mayfly.store.StoreException;

/**
 * One life of a node's calls: callers, deployments, deletions, a store that fails for a while, hostile machines, and a
 * drain at the end; the node's shells are the real ones. Everything that is answered is held against what happened.
 */
final class CallWorld {
    private static final long MILLI = 1_000_000;
    private static final int STEPS_MAX = 300_000;
    private static final List<String> NAMES = List.of("a", "b");
    private static final int MACHINES_MAX = 4;
    private static final int CONCURRENCY = 3;

    private final Random random;
    private final SimTime time;
    private final SimStore store;
    private final SimDriver driver;
    private final Functions functions;
    private final Invocations invocations;
    private final AsyncCalls async;
    private final Recorder recorder;

    /** Functions that were, for a moment, perhaps not there; counted up at each beginning and end of that. */
    private final Map<String, Integer> absences = new HashMap<>();

    private final Set<String> absent = new HashSet<>(NAMES);
    private final Map<String, Integer> inside = new HashMap<>();
    private final Set<InvocationId> accepted = new HashSet<>();
    private final Map<InvocationId, String> answers = new HashMap<>();
    private boolean draining;
    private boolean storeFailedAtClose;
    private int unended;

    CallWorld(long seed, Path directory) throws IOException {
        this.random = new Random(seed);
        this.time = new SimTime(random);
        Ids ids = Ids.seeded(time, new Random(seed + 1));
        this.store = new SimStore(time, random);
        this.driver = new SimDriver(time, random, ids);
        NodeSpec spec = new NodeSpec(
                directory,
                "none",
                MACHINES_MAX,
                Duration.ofMillis(300),
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                20,
                Duration.ofSeconds(30),
                Duration.ofDays(7),
                Duration.ofHours(1));
        PoolMaker pools = new PoolMaker(spec, new Drivers(List.of(driver), "none"), time, time.timers());
        this.functions = new Functions(store, new CodeCache(directory.resolve("code")), pools, time, ids);
        this.recorder = new Recorder(store, time, time.timers());
        this.invocations = new Invocations(functions, recorder, store, time, ids);
        this.async = new AsyncCalls(functions, recorder, store, time, ids, time.timers());
    }

    long steps() {
        return time.steps();
    }

    int calls() {
        return answers.size() + accepted.size();
    }

    void run() throws Throwable {
        var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, e) -> time.died(e)); // virtual threads have no other
        try {
            time.start(this::live);
            time.runToEnd(STEPS_MAX, Duration.ofHours(10).toNanos());
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        atEnd();
    }

    private void live() {
        for (String name : NAMES) {
            time.start(() -> deployments(name));
        }
        for (int caller = 0; caller < 6; caller++) {
            time.start(this::callsOneAfterTheOther);
        }
        time.start(this::troubleOfTheStore);
        time.start(() -> {
            time.sleep(2_000 * MILLI + random.nextLong(1_000 * MILLI));
            drain();
        });
    }

    private void troubleOfTheStore() {
        for (int i = 0; i < 2; i++) {
            time.sleep(random.nextLong(1_000 * MILLI));
            store.failing = random.nextBoolean();
            store.hasFailed |= store.failing;
            time.sleep(random.nextLong(300 * MILLI));
            store.failing = false;
        }
    }

    private void drain() {
        driver.calm = true; // what is under way may still end badly; nothing new goes wrong
        draining = true;
        functions.drain();
        invocations.drain();
        async.drain();
        functions.close(Duration.ofHours(1));
        storeFailedAtClose = store.failing;
        recorder.close();
    }

    // ---- deployments ----

    private void deployments(String name) {
        while (!draining) {
            deploy(name, random.nextInt(4));
            time.sleep(random.nextLong(400 * MILLI));
            if (random.nextInt(4) == 0) {
                delete(name);
            }
        }
    }

    private void deploy(String name, int source) {
        boolean was = absent.contains(name);
        boolean storeFailed = store.hasFailed;
        try {
            var spec = NodeFixture.spec(
                    name,
                    random.nextBoolean() ? Reuse.WARM : Reuse.FRESH,
                    1 + random.nextInt(3),
                    CONCURRENCY,
                    random.nextInt(3) == 0 ? RecordMode.DURABLE : RecordMode.GROUPED);
            byte[] archive = SourceArchive.of("main.py", "source " + source);
            FunctionView view = was ? functions.create(spec, archive) : functions.update(spec, archive);
            require(view.spec().name().equals(name), "another function was deployed");
            note(name, false);
        } catch (RefusedException e) {
            boolean draining = e.code() == ErrorCode.NODE_DRAINING && this.draining;
            boolean host = e.code() == ErrorCode.MACHINE_FAILED;
            boolean failed = e.code() == ErrorCode.STORE_FAILED && store.hasFailed;
            require(draining || host || failed, "a deployment was refused: " + e.code() + " " + e.getMessage());
        } catch (StoreException e) {
            require(store.hasFailed || storeFailed, "the store did not fail: " + e);
        } catch (InvalidException | Functions.CodeFailedException e) {
            throw new AssertionError(e);
        }
    }

    private void delete(String name) {
        if (absent.contains(name)) {
            return;
        }
        note(name, true);
        try {
            functions.delete(name);
        } catch (RefusedException e) {
            require(store.hasFailed, "a deletion was refused: " + e.getMessage());
            note(name, false);
        } catch (StoreException e) {
            note(name, false);
        }
    }

    private void note(String name, boolean gone) {
        absences.merge(name, 1, Integer::sum);
        if (gone) {
            absent.add(name);
        } else {
            absent.remove(name);
        }
    }

    // ---- calls ----

    private void callsOneAfterTheOther() {
        while (!draining || random.nextInt(3) != 0) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            if (random.nextInt(4) == 0) {
                submit(name);
            } else {
                invoke(name);
            }
            time.sleep(random.nextLong(30 * MILLI));
        }
    }

    private void invoke(String name) {
        boolean gone = absent.contains(name);
        int changes = absences.getOrDefault(name, 0);
        unended++;
        inside.merge(name, 1, Integer::sum);
        boolean full = inside.get(name) > CONCURRENCY;
        try {
            Invocations.Ran ran = invocations.invoke(name, new byte[] {1}, true);
            String before = answers.put(ran.id(), word(ran.outcome()));
            require(before == null, "one call was answered twice");
            List<Outcome> runs = driver.ran.getOrDefault(ran.id(), List.of());
            if (ran.outcome() instanceof Outcome.NotStarted) {
                require(runs.isEmpty(), "a call that ran was told that it did not: " + runs);
            } else {
                require(runs.equals(List.of(ran.outcome())), "the answer is " + ran.outcome() + " of the runs " + runs);
                String on = name + " v" + ran.version();
                require(
                        on.equals(driver.ranOn.get(ran.id())),
                        "it ran on " + driver.ranOn.get(ran.id()) + ", told " + on);
            }
        } catch (RefusedException e) {
            boolean mayBeGone = gone || absent.contains(name) || changes != absences.getOrDefault(name, 0);
            require(
                    allowed(e.code(), mayBeGone) && (full || e.code() != ErrorCode.FUNCTION_THROTTLED),
                    "a call was refused: " + e.code() + " " + e.getMessage());
        } catch (StoreException e) {
            require(store.hasFailed, "the store did not fail: " + e);
        } finally {
            unended--;
            inside.merge(name, -1, Integer::sum);
        }
    }

    private boolean allowed(ErrorCode code, boolean mayBeGone) {
        return switch (code) {
            case FUNCTION_NOT_FOUND -> mayBeGone;
            case NODE_DRAINING -> draining;
            case STORE_FAILED -> store.hasFailed;
            case FUNCTION_THROTTLED, MACHINE_NO_CAPACITY -> true;
            default -> false;
        };
    }

    private void submit(String name) {
        boolean gone = absent.contains(name);
        int changes = absences.getOrDefault(name, 0);
        try {
            InvocationId id = async.submit(name, new byte[] {2}, true);
            require(accepted.add(id), "one id for two calls");
            require(store.all().containsKey(id), "a call was accepted before it was stored");
        } catch (RefusedException e) {
            boolean mayBeGone = gone || absent.contains(name) || changes != absences.getOrDefault(name, 0);
            require(allowed(e.code(), mayBeGone), "a call was not accepted: " + e.code() + " " + e.getMessage());
        } catch (StoreException e) {
            require(store.hasFailed, "the store did not fail: " + e);
        }
    }

    private static String word(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Success _ -> "success";
            case Outcome.TimedOut _ -> "timeout";
            case Outcome.HandlerError _, Outcome.Crashed _, Outcome.NotStarted _ -> "error";
        };
    }

    // ---- the end ----

    private void atEnd() {
        require(unended == 0, unended + " calls never ended");
        require(driver.machines.isEmpty(), "machines were left: " + driver.machines.size());
        require(driver.templates.isEmpty(), "templates were left: " + driver.templates.size());
        if (storeFailedAtClose) {
            return; // then the last records are lost, as they are by a crash
        }
        answers.forEach((id, answer) -> {
            InvocationRecord record = store.all().get(id);
            require(record != null, "the record of " + id + " is missing");
            require(record.status().equals(answer), "answered " + answer + ", recorded " + record.status());
        });
        for (InvocationId id : accepted) {
            InvocationRecord record = store.all().get(id);
            List<Outcome> runs = driver.ran.getOrDefault(id, List.of());
            int ends = (int)
                    runs.stream().filter(it -> !(it instanceof Outcome.Crashed)).count();
            require(ends <= 1 && runs.size() <= 3, "an accepted call ran as " + runs);
            require(ends == 0 || !(runs.getLast() instanceof Outcome.Crashed), "it ran after its end: " + runs);
            if (ends == 1) {
                require(record.status().equals(word(runs.getLast())), runs + " is recorded as " + record.status());
            }
        }
        store.all().values().forEach(record -> {
            // the next node runs it; that it rests may not have been written while the store failed
            boolean kept = accepted.contains(record.id()) && (record.status().equals("pending") || store.hasFailed);
            require(record.endedAt() != null || kept, "after the drain it is " + record.status() + ": " + record);
        });
    }
}
