package mayfly.core.runnerpool;

import static mayfly.core.runnerpool.Rule.require;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import mayfly.base.RunnerId;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.RunnerPool.Claim;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;

/** The referee's own book of a pool: it never looks into the pool's state, but for what the pool says of itself. */
final class Book {
    static final class Runner {
        int version;
        int slots;
        boolean offered;
        boolean over;
        /** It said so itself. */
        boolean retired;

        final Set<Claim> claims = new LinkedHashSet<>();
        long emptyMillis;
    }

    static final class Line {
        final long openedMillis;
        Optional<RunnerId> runner = Optional.empty();
        boolean draining;

        Line(long openedMillis) {
            this.openedMillis = openedMillis;
        }
    }

    /** So late may the shell's ticks be. */
    static final long TICK_LATE_MILLIS = 50;

    final Map<RunnerId, Runner> runners = new LinkedHashMap<>();
    final TreeMap<Long, Line> lines = new TreeMap<>();
    final Set<Claim> waiting = new LinkedHashSet<>();
    final Map<Claim, RunnerId> granted = new LinkedHashMap<>();
    RunnerPoolSpec spec;
    private boolean failing;
    private long troubleMillis = Long.MIN_VALUE / 2;
    private long openedInTroubleMillis = Long.MIN_VALUE / 2;
    private int hasty;
    private boolean trouble;

    Book(RunnerPoolSpec spec) {
        this.spec = spec;
    }

    Runner runner(RunnerId id) {
        return runners.computeIfAbsent(id, r -> new Runner());
    }

    /** Lines that are neither drained nor ended. */
    List<Line> live() {
        return lines.values().stream().filter(line -> !line.draining).toList();
    }

    void judge(RunnerPoolEvent event, List<RunnerPoolEffect> effects, RunnerPool pool) {
        boolean stale = isStale(event);
        note(event);
        for (RunnerPoolEffect effect : effects) {
            boolean tick = effect instanceof RunnerPoolEffect.TickAt;
            boolean due = effect instanceof RunnerPoolEffect.OpenConnection
                    || effect instanceof RunnerPoolEffect.DrainConnection;
            require(!stale || tick || due, Rule.STALE_IS_NOTHING, event + " led to " + effects);
            note(effect, event);
        }
        after(event, stale, pool);
    }

    private boolean isStale(RunnerPoolEvent event) {
        return switch (event) {
            case RunnerPoolEvent.Ask e -> isKnown(new Claim(e.actor(), e.generation()));
            case RunnerPoolEvent.Occupied e -> isKnown(new Claim(e.actor(), e.generation()));
            case RunnerPoolEvent.Release e -> !isKnown(new Claim(e.actor(), e.generation()));
            case RunnerPoolEvent.Offered e -> runners.containsKey(e.runner()) && runner(e.runner()).over;
            case RunnerPoolEvent.Withheld e -> !runners.containsKey(e.runner()) || !runner(e.runner()).offered;
            case RunnerPoolEvent.Retired e -> !runners.containsKey(e.runner()) || runner(e.runner()).over;
            case RunnerPoolEvent.ConnectionFound e -> lines.containsKey(e.number());
            case RunnerPoolEvent.ConnectionUp e ->
                !lines.containsKey(e.number()) || lines.get(e.number()).runner.isPresent();
            case RunnerPoolEvent.ConnectionFailed e -> !lines.containsKey(e.number());
            case RunnerPoolEvent.ConnectionEnded e -> !lines.containsKey(e.number());
            case RunnerPoolEvent.Tick _, RunnerPoolEvent.Configured _ -> false;
        };
    }

    private boolean isKnown(Claim claim) {
        return waiting.contains(claim) || granted.containsKey(claim);
    }

    private void note(RunnerPoolEvent event) {
        switch (event) {
            case RunnerPoolEvent.Configured e -> {
                boolean renewed = e.renew() || e.spec().kind() != spec.kind();
                spec = e.spec();
                if (renewed) {
                    trouble = false;
                    hasty = 0;
                }
            }
            case RunnerPoolEvent.Ask e -> {
                Claim claim = new Claim(e.actor(), e.generation());
                if (!granted.containsKey(claim)) {
                    waiting.add(claim);
                }
            }
            case RunnerPoolEvent.Release e -> release(new Claim(e.actor(), e.generation()), e.nowMillis());
            case RunnerPoolEvent.Occupied e -> {
                Claim claim = new Claim(e.actor(), e.generation());
                if (!isKnown(claim)) {
                    granted.put(claim, e.runner());
                    runner(e.runner()).claims.add(claim);
                }
            }
            case RunnerPoolEvent.Offered e -> {
                Runner runner = runner(e.runner());
                if (!runner.over) {
                    runner.offered = true;
                    runner.version = e.version();
                    runner.slots = e.slots();
                }
            }
            case RunnerPoolEvent.Withheld e -> runner(e.runner()).offered = false;
            case RunnerPoolEvent.Retired e -> {
                retire(e.runner());
                runner(e.runner()).retired = true;
            }
            case RunnerPoolEvent.ConnectionFound e ->
                lines.computeIfAbsent(e.number(), n -> new Line(e.openedMillis())).runner = e.runner();
            case RunnerPoolEvent.ConnectionUp e -> {
                Line line = lines.get(e.number());
                if (line != null && line.runner.isEmpty()) {
                    line.runner = Optional.of(e.runner());
                    trouble = false;
                    hasty = 0;
                    Runner runner = runner(e.runner());
                    runner.emptyMillis = Math.max(runner.emptyMillis, e.nowMillis());
                }
            }
            case RunnerPoolEvent.ConnectionFailed e -> over(e.number(), e.nowMillis());
            case RunnerPoolEvent.ConnectionEnded e -> over(e.number(), e.nowMillis());
            case RunnerPoolEvent.Tick _ -> {}
        }
    }

    private void retire(RunnerId id) {
        if (runners.containsKey(id)) {
            runner(id).offered = false;
            runner(id).over = true;
        }
    }

    private void over(long number, long now) {
        Line line = lines.remove(number);
        if (line != null && !line.draining) {
            troubled(line, now);
        }
    }

    private void troubled(Line line, long now) {
        if (now - line.openedMillis < 10_000 || line.runner.isEmpty()) {
            troubleMillis = now;
            trouble = true;
        }
    }

    private void release(Claim claim, long now) {
        waiting.remove(claim);
        RunnerId id = granted.remove(claim);
        if (id != null) {
            Runner runner = runner(id);
            runner.claims.remove(claim);
            runner.emptyMillis = now;
        }
    }

    private void note(RunnerPoolEffect effect, RunnerPoolEvent event) {
        long now = event.nowMillis();
        switch (effect) {
            case RunnerPoolEffect.Grant e -> grant(new Claim(e.actor(), e.generation()), e.runner());
            case RunnerPoolEffect.Refuse e -> {
                Claim claim = new Claim(e.actor(), e.generation());
                require(waiting.remove(claim), Rule.ONE_ANSWER, e);
                boolean newcomer = event instanceof RunnerPoolEvent.Ask ask && !ask.mayWait();
                require(newcomer && spec.kind() == Kind.NORMAL, Rule.REFUSAL, e);
            }
            case RunnerPoolEffect.OpenConnection e -> {
                Line before = lines.put(e.number(), new Line(now));
                require(before == null, Rule.DRAINED_ONCE, e);
                if (trouble) {
                    hasty += now - openedInTroubleMillis < 2_000 ? 1 : 0;
                    openedInTroubleMillis = now;
                    // what ended early is opened again at once, the first time
                    require(hasty <= 1, Rule.PACED, e + " at " + now);
                }
            }
            case RunnerPoolEffect.DrainConnection e -> drain(e, event);
            case RunnerPoolEffect.DrainRunner e -> {
                require(runners.containsKey(e.runner()), Rule.DRAINED_ONCE, e);
                require(!runner(e.runner()).over, Rule.DRAINED_ONCE, e);
                retire(e.runner());
            }
            case RunnerPoolEffect.Failing _ -> failing = true;
            case RunnerPoolEffect.Recovered e -> {
                require(failing, Rule.ERRORS, e);
                failing = false;
            }
            case RunnerPoolEffect.TickAt _ -> {}
        }
    }

    private void grant(Claim claim, RunnerId id) {
        require(waiting.contains(claim), Rule.ONE_ANSWER, claim);
        require(waiting.iterator().next().equals(claim), Rule.IN_ORDER, claim + " of " + waiting);
        Runner runner = runners.get(id);
        boolean free = runner != null && runner.offered && runner.claims.size() < runner.slots;
        require(free, Rule.FREE_SLOT, claim + " on " + id);
        int newest = runners.values().stream()
                .filter(r -> r.offered)
                .mapToInt(r -> r.version)
                .max()
                .orElseThrow();
        require(runner.version == newest, Rule.NEWEST, claim + " on " + id);
        waiting.remove(claim);
        granted.put(claim, id);
        runner.claims.add(claim);
    }

    private void drain(RunnerPoolEffect.DrainConnection e, RunnerPoolEvent event) {
        Line line = lines.get(e.number());
        require(line != null && !line.draining && line.runner.equals(e.runner()), Rule.DRAINED_ONCE, e);
        if (e.cause() == DrainCause.SURPLUS) {
            Runner runner = runner(e.runner().orElseThrow());
            boolean idle = event.nowMillis() - runner.emptyMillis >= spec.idleMillis();
            require(runner.claims.isEmpty() && idle, Rule.NOT_IN_USE, e);
        }
        if (event instanceof RunnerPoolEvent.Retired || event instanceof RunnerPoolEvent.ConnectionUp) {
            troubled(line, event.nowMillis());
        }
        line.draining = true;
        e.runner().ifPresent(this::retire);
    }

    private void after(RunnerPoolEvent event, boolean stale, RunnerPool pool) {
        long now = event.nowMillis();
        runners.forEach(
                (id, runner) -> require(pool.used(id) == runner.claims.size(), Rule.NO_LEAK, id + " " + runner.claims));
        require(pool.demand() == waiting.size() + granted.size(), Rule.NO_LEAK, waiting + " " + granted);
        boolean full = granted.size() >= spec.maxConcurrentActors();
        int newest = runners.values().stream()
                .filter(r -> r.offered)
                .mapToInt(r -> r.version)
                .max()
                .orElse(0);
        boolean free =
                runners.values().stream().anyMatch(r -> r.offered && r.version == newest && r.claims.size() < r.slots);
        require(waiting.isEmpty() || full || !free, Rule.NO_LOST_WAKE_UP, waiting);
        if (!stale && event instanceof RunnerPoolEvent.Ask e && spec.kind() == Kind.NORMAL) {
            require(e.mayWait() || !waiting.contains(new Claim(e.actor(), e.generation())), Rule.REFUSAL, e);
        }
        for (Line line : live()) {
            long end = line.openedMillis + spec.lifespanMillis() - spec.drainGraceMillis();
            require(now <= end + TICK_LATE_MILLIS, Rule.LIFESPAN, "opened at " + line.openedMillis);
        }
        int desired = desired();
        boolean paused = trouble && now - troubleMillis < 2_000 * 300;
        require(live().size() >= desired || paused, Rule.DESIRED, live().size() + " of " + desired);
        require(pool.error().isPresent() == failing, Rule.ERRORS, pool.error());
        boolean opened = live().size() > desired
                && live().stream().anyMatch(line -> line.openedMillis == now && line.runner.isEmpty());
        boolean asked = event instanceof RunnerPoolEvent.Ask && spec.kind() == Kind.SERVERLESS;
        require(!opened || !asked, Rule.REMEMBERED, live().size() + " of " + desired);
    }

    int desired() {
        if (spec.kind() == Kind.NORMAL) {
            return 0;
        }
        int demand = Math.min(waiting.size() + granted.size(), spec.maxConcurrentActors());
        int wanted = spec.margin() + (demand + spec.slotsPerRunner() - 1) / spec.slotsPerRunner();
        return Math.min(Math.max(wanted, spec.minRunners()), spec.maxRunners());
    }
}
