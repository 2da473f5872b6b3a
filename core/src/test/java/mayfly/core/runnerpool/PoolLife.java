package mayfly.core.runnerpool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.runnerpool.RunnerPool.Claim;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;

/** One life of a pool from one seed: actors and runners that come and go, connections that fail and end, news that is late. */
final class PoolLife {
    /** What is judged: the real pool, or one with a planted bug around it. */
    @FunctionalInterface
    interface Decider {
        List<RunnerPoolEffect> step(RunnerPoolEvent event);
    }

    private static final int ACTIONS = 150;
    private static final int TOLD_MAX = 40;

    private final Random random;
    private final RunnerPool pool;
    private final Decider decider;
    private final Book book;
    private final Deque<String> story = new ArrayDeque<>();
    /** Lines that the shell was told to open or to end, and has not answered for. */
    private final TreeMap<Long, Boolean> pending = new TreeMap<>();

    private final int faultPercent;
    private long now = 1_000_000;
    private long tickAt = Long.MAX_VALUE;
    private int actors;
    private int runners;
    private int steps;

    PoolLife(long seed, Planter planter) {
        random = new Random(seed);
        faultPercent = chance(40) ? 0 : between(5, 40);
        RunnerPoolSpec spec = anySpec();
        pool = new RunnerPool(spec, new Random(seed));
        decider = planter.around(pool);
        book = new Book(spec);
    }

    /** Puts a bug around a pool, or none. */
    @FunctionalInterface
    interface Planter {
        Decider around(RunnerPool pool);
    }

    int steps() {
        return steps;
    }

    String story() {
        return String.join("\n  ", story);
    }

    void run() {
        tell(new RunnerPoolEvent.Tick(now));
        for (int i = 0; i < ACTIONS; i++) {
            pass(chance(70) ? between(0, 40) : between(0, 20_000));
            act();
        }
        settle();
    }

    /** Time passes, and ticks come when they were asked for, or a little later. */
    private void pass(long millis) {
        long until = now + millis;
        while (tickAt <= until) {
            now = Math.max(now, tickAt + between(0, (int) Book.TICK_LATE_MILLIS));
            tickAt = Long.MAX_VALUE;
            tell(new RunnerPoolEvent.Tick(now));
        }
        now = Math.max(now, until);
    }

    private void act() {
        switch (between(0, 19)) {
            case 0, 1, 2, 3, 4 -> tell(ask(new Claim(actor(++actors), between(0, 3)), chance(80)));
            case 5, 6, 7, 8 -> any(book.granted.keySet()).ifPresent(this::release);
            case 9 -> any(book.waiting).ifPresent(this::release);
            case 10, 11 -> answer();
            case 12 -> answer();
            case 13 -> tell(new RunnerPoolEvent.Offered(newRunner(), between(1, 3), between(0, 4), now));
            case 14 ->
                any(book.runners.keySet())
                        .filter(r -> !book.runner(r).retired)
                        .ifPresent(r -> tell(new RunnerPoolEvent.Offered(
                                r, book.runner(r).version, Math.max(1, book.runner(r).slots), now)));
            case 15 -> any(book.runners.keySet()).ifPresent(r -> tell(new RunnerPoolEvent.Withheld(r, now)));
            case 16 -> any(book.runners.keySet()).ifPresent(r -> tell(new RunnerPoolEvent.Retired(r, now)));
            case 17 -> {
                if (chance(20)) {
                    tell(new RunnerPoolEvent.Configured(anySpec(), chance(50), now));
                }
            }
            case 18 -> stale();
            default -> end();
        }
    }

    private void release(Claim claim) {
        tell(new RunnerPoolEvent.Release(claim.actor(), claim.generation(), now));
    }

    private RunnerPoolEvent ask(Claim claim, boolean mayWait) {
        return new RunnerPoolEvent.Ask(claim.actor(), claim.generation(), mayWait, now);
    }

    /** The shell answers for the line that waits for it longest. */
    private void answer() {
        if (pending.isEmpty()) {
            return;
        }
        long number = pending.firstKey();
        boolean drained = pending.remove(number);
        if (drained) {
            tell(new RunnerPoolEvent.ConnectionEnded(number, now));
        } else if (chance(faultPercent)) {
            PoolError error = new PoolError.HttpError(chance(50) ? 500 : 503, "");
            tell(new RunnerPoolEvent.ConnectionFailed(number, error, now));
        } else {
            RunnerId runner = newRunner();
            boolean before = chance(50);
            if (before) {
                offer(runner);
            }
            tell(new RunnerPoolEvent.ConnectionUp(number, runner, now));
            if (!before) {
                offer(runner);
            }
        }
    }

    private void offer(RunnerId runner) {
        tell(new RunnerPoolEvent.Offered(runner, between(1, 2), book.spec.slotsPerRunner(), now));
    }

    private void end() {
        any(book.lines.keySet()).ifPresent(number -> {
            if (chance(faultPercent) && book.lines.get(number).runner.isPresent()) {
                pending.remove(number);
                tell(new RunnerPoolEvent.ConnectionEnded(number, now));
            }
        });
    }

    private void stale() {
        switch (between(0, 6)) {
            case 0 -> any(book.granted.keySet()).ifPresent(claim -> tell(ask(claim, true)));
            case 1 -> any(book.waiting).ifPresent(claim -> tell(ask(claim, chance(50))));
            case 2 -> release(new Claim(actor(++actors), 1));
            case 3 -> tell(new RunnerPoolEvent.ConnectionEnded(10_000, now));
            case 4 -> tell(new RunnerPoolEvent.ConnectionUp(10_000, newRunner(), now));
            case 5 -> tell(new RunnerPoolEvent.Tick(now));
            default ->
                tell(new RunnerPoolEvent.Occupied(
                        actor(++actors), 7, any(book.runners.keySet()).orElseGet(this::newRunner), now));
        }
    }

    /** Nothing fails any more: in the end everybody who waits has a slot, if there can be enough. */
    private void settle() {
        RunnerPoolSpec old = book.spec;
        RunnerPoolSpec roomy = new RunnerPoolSpec(
                Kind.SERVERLESS, old.slotsPerRunner(), 0, 1_000, 0, 900_000, 10_000, 0, Integer.MAX_VALUE, true);
        tell(new RunnerPoolEvent.Configured(roomy, true, now));
        for (int i = 0; i < 3_000 && (!book.waiting.isEmpty() || !pending.isEmpty()); i++) {
            pass(10);
            settleOne();
        }
        Rule.require(book.waiting.isEmpty(), Rule.NO_LOST_WAKE_UP, "for ever: " + book.waiting);
        List<Claim> all = new ArrayList<>(book.granted.keySet());
        all.forEach(this::release);
        Rule.require(pool.demand() == 0, Rule.NO_LEAK, pool.demand());
        pass(1_000_000);
        book.runners.forEach((id, runner) -> Rule.require(pool.used(id) == 0, Rule.NO_LEAK, id));
        Rule.require(book.live().isEmpty(), Rule.LIFESPAN, book.live().size());
    }

    private void settleOne() {
        if (!pending.isEmpty()) {
            long number = pending.firstKey();
            if (pending.remove(number)) {
                tell(new RunnerPoolEvent.ConnectionEnded(number, now));
            } else {
                RunnerId runner = newRunner();
                tell(new RunnerPoolEvent.Offered(runner, 4, book.spec.slotsPerRunner(), now));
                tell(new RunnerPoolEvent.ConnectionUp(number, runner, now));
            }
        }
    }

    private void tell(RunnerPoolEvent event) {
        List<RunnerPoolEffect> effects = decider.step(event);
        steps++;
        if (story.size() == TOLD_MAX) {
            story.removeFirst();
        }
        story.addLast(event + " -> " + effects);
        book.judge(event, effects, pool);
        pool.hold();
        for (RunnerPoolEffect effect : effects) {
            switch (effect) {
                case RunnerPoolEffect.TickAt e -> tickAt = e.atMillis();
                case RunnerPoolEffect.OpenConnection e -> pending.put(e.number(), false);
                case RunnerPoolEffect.DrainConnection e -> pending.put(e.number(), true);
                case RunnerPoolEffect.Grant _,
                        RunnerPoolEffect.Refuse _,
                        RunnerPoolEffect.DrainRunner _,
                        RunnerPoolEffect.Failing _,
                        RunnerPoolEffect.Recovered _ -> {}
            }
        }
    }

    private RunnerPoolSpec anySpec() {
        Kind kind = any(EnumSet.allOf(Kind.class)).orElseThrow();
        int max = between(1, 8);
        return new RunnerPoolSpec(
                kind,
                between(1, 4),
                chance(50) ? 0 : between(0, max),
                max,
                chance(60) ? 0 : between(0, 2),
                chance(30) ? RunnerPoolSpec.UNLIMITED_MILLIS : between(30_000, 200_000),
                between(0, 20_000),
                between(0, 10_000),
                chance(70) ? Integer.MAX_VALUE : between(1, 10),
                chance(50));
    }

    private RunnerId newRunner() {
        return runner(++runners);
    }

    static RunnerId runner(long number) {
        return new RunnerId("run" + String.format("%026d", number));
    }

    static ActorId actor(long number) {
        return new ActorId("act" + String.format("%026d", number));
    }

    private <T> Optional<T> any(Collection<T> all) {
        return all.isEmpty()
                ? Optional.empty()
                : all.stream().skip(random.nextInt(all.size())).findFirst();
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }
}
