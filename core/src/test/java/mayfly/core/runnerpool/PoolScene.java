package mayfly.core.runnerpool;

import static mayfly.core.runnerpool.PoolLife.actor;
import static mayfly.core.runnerpool.PoolLife.runner;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import mayfly.core.runner.DrainCause;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainConnection;
import mayfly.core.runnerpool.RunnerPoolEffect.DrainRunner;
import mayfly.core.runnerpool.RunnerPoolEffect.Grant;
import mayfly.core.runnerpool.RunnerPoolEffect.Recovered;
import mayfly.core.runnerpool.RunnerPoolEffect.TickAt;
import mayfly.core.runnerpool.RunnerPoolEvent.Ask;
import mayfly.core.runnerpool.RunnerPoolEvent.Configured;
import mayfly.core.runnerpool.RunnerPoolEvent.ConnectionUp;
import mayfly.core.runnerpool.RunnerPoolEvent.Offered;
import mayfly.core.runnerpool.RunnerPoolEvent.Release;
import mayfly.core.runnerpool.RunnerPoolEvent.Tick;
import mayfly.core.runnerpool.RunnerPoolSpec.Kind;

/** A pool and its clock, to tell a story event by event; ticks asked for are looked at where they are the point. */
abstract class PoolScene {
    static final long LIFESPAN = 900_000;
    static final long GRACE = 10_000;
    static final PoolError REFUSED = new PoolError.HttpError(500, "no");

    RunnerPool pool = new RunnerPool(RunnerPoolSpec.normal(GRACE, false), new Random(1));
    long now = 1_000_000;
    long tickAt = Long.MAX_VALUE;

    void serverless(int slots, int min, int max, int margin) {
        List<RunnerPoolEffect> effects =
                pool.step(new Configured(spec(Kind.SERVERLESS, slots, min, max, margin), false, now));
        effects.forEach(this::remember);
    }

    static RunnerPoolSpec spec(Kind kind, int slots, int min, int max, int margin) {
        return new RunnerPoolSpec(kind, slots, min, max, margin, LIFESPAN, GRACE, 5_000, Integer.MAX_VALUE, false);
    }

    /** The connection's runner appears and takes the one actor that waits. */
    void comes(long number, int runner) {
        on(new ConnectionUp(number, runner(runner), now));
        on(offered(runner, 1, 1), grant(1, runner));
    }

    void comesAfterTrouble(long number, int runner) {
        on(new ConnectionUp(number, runner(runner), now), new Recovered());
        on(offered(runner, 1, 1), grant(1, runner));
    }

    Ask ask(int actor) {
        return new Ask(actor(actor), 0, true, now);
    }

    Release release(int actor) {
        return new Release(actor(actor), 0, now);
    }

    Offered offered(int runner, int version, int slots) {
        return new Offered(runner(runner), version, slots, now);
    }

    static Grant grant(int actor, int runner) {
        return new Grant(actor(actor), 0, runner(runner));
    }

    static DrainConnection drain(long number, int runner, DrainCause cause) {
        return new DrainConnection(number, Optional.of(runner(runner)), cause, GRACE);
    }

    static DrainRunner streamEnded(int runner) {
        return new DrainRunner(runner(runner), DrainCause.STREAM_ENDED, GRACE);
    }

    /** The event leads to exactly these effects, in this order, besides a tick. */
    void on(RunnerPoolEvent event, RunnerPoolEffect... expected) {
        if (event instanceof Tick && now >= tickAt) {
            tickAt = Long.MAX_VALUE;
        }
        List<RunnerPoolEffect> effects = pool.step(event);
        effects.forEach(this::remember);
        assertThat(effects.stream().filter(effect -> !(effect instanceof TickAt)))
                .containsExactly(expected);
    }

    void remember(RunnerPoolEffect effect) {
        if (effect instanceof TickAt(var at)) {
            tickAt = at;
        }
    }
}
