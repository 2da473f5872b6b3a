package mayfly.actors;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.core.actor.ActorEvent;
import mayfly.core.runner.DrainCause;
import mayfly.core.runner.RunnerEvent;
import mayfly.core.runnerpool.PoolError;
import mayfly.core.runnerpool.RunnerPoolEffect;
import mayfly.core.runnerpool.RunnerPoolEvent;
import mayfly.core.runnerpool.RunnerPoolSpec;

/**
 * The runners of one name and who waits for them. Whoever tells it something does the work, unless somebody is at it
 * already; nothing of it is durable and nothing blocks.
 */
final class RunnerPoolShell {
    private final PoolName name;
    private final Timers timers;
    private final Function<RunnerPoolEvent, List<RunnerPoolEffect>> decider;
    private final Mailbox<RunnerPoolEvent> mailbox;
    private final OneTimer timer;
    private final ActorEngine engine;
    private volatile Optional<PoolError> error = Optional.empty();
    /** Who opened a connection that is not over; written by the mailbox only. */
    private final Map<Long, RunnerStarter> opened = new ConcurrentHashMap<>();

    private volatile RunnerStarter starter = RunnerStarter.NONE;

    RunnerPoolShell(PoolName name, RunnerPoolSpec spec, ActorEngine engine, RandomGenerator random) {
        this.name = name;
        this.engine = engine;
        this.timers = engine.timers();
        this.decider = engine.deciders().pool().apply(spec, random);
        this.mailbox = new Mailbox<>(Runnable::run, this::handle);
        this.timer = new OneTimer(timers, () -> mailbox.tell(new RunnerPoolEvent.Tick(now())));
    }

    PoolName name() {
        return name;
    }

    /** Why it gets no runners. */
    Optional<PoolError> error() {
        return error;
    }

    /** After a restart: what the starter has already comes before what is missing. */
    void resume(RunnerPoolSpec spec, RunnerStarter first) {
        starter = first;
        first.resume(this);
        mailbox.tell(new RunnerPoolEvent.Configured(spec, false, now()));
    }

    /** @param renew whether the connections that exist are of no use any more */
    void configure(RunnerPoolSpec spec, RunnerStarter next, boolean renew) {
        RunnerStarter last = starter;
        starter = next;
        mailbox.tell(new RunnerPoolEvent.Configured(spec, renew, now()));
        last.close();
    }

    /** The connections that exist are of no use any more; those that are opened from now on are made as before. */
    void renew(RunnerPoolSpec spec) {
        mailbox.tell(new RunnerPoolEvent.Configured(spec, true, now()));
    }

    /** A runner has connected, with this token. */
    void appeared(RunnerId runner, Optional<String> token) {
        starter.appeared(runner, token);
    }

    /** A runner is gone. Its connection may be of an earlier definition of the pool. */
    void left(RunnerId runner) {
        opened.values().stream().distinct().forEach(by -> by.left(runner));
    }

    boolean admits(String token) {
        return starter.admits(token);
    }

    /** Looks at what makes the runners; false when that is nothing to look at. */
    boolean refresh() {
        return starter.refresh();
    }

    void ask(ActorId actor, long generation, boolean mayWait, long now) {
        mailbox.tell(new RunnerPoolEvent.Ask(actor, generation, mayWait, now));
    }

    void release(ActorId actor, long generation, long now) {
        mailbox.tell(new RunnerPoolEvent.Release(actor, generation, now));
    }

    void occupied(ActorId actor, long generation, RunnerId runner, long now) {
        mailbox.tell(new RunnerPoolEvent.Occupied(actor, generation, runner, now));
    }

    void tell(RunnerPoolEvent event) {
        mailbox.tell(event);
    }

    long now() {
        return timers.nowMillis();
    }

    private void handle(List<RunnerPoolEvent> events) {
        for (RunnerPoolEvent event : events) {
            before(event);
            decider.apply(event).forEach(this::run);
        }
    }

    private void before(RunnerPoolEvent event) {
        switch (event) {
            case RunnerPoolEvent.Tick _ -> timer.fired();
            case RunnerPoolEvent.ConnectionFailed it -> opened.remove(it.number());
            case RunnerPoolEvent.ConnectionEnded it -> opened.remove(it.number());
            case RunnerPoolEvent.ConnectionFound it -> opened.put(it.number(), starter);
            case RunnerPoolEvent.Configured _, RunnerPoolEvent.Ask _, RunnerPoolEvent.Release _ -> {}
            case RunnerPoolEvent.Occupied _, RunnerPoolEvent.Offered _, RunnerPoolEvent.Withheld _ -> {}
            case RunnerPoolEvent.Retired _, RunnerPoolEvent.ConnectionUp _ -> {}
        }
    }

    private void run(RunnerPoolEffect effect) {
        switch (effect) {
            case RunnerPoolEffect.Grant(var actor, var generation, var runner) ->
                engine.actors().tell(actor, new ActorEvent.Granted(generation, runner, now()));
            case RunnerPoolEffect.Refuse(var actor, var generation) ->
                engine.actors().tell(actor, new ActorEvent.Refused(generation, now()));
            case RunnerPoolEffect.OpenConnection(var number) -> {
                RunnerStarter by = starter;
                opened.put(number, by);
                by.open(number);
            }
            case RunnerPoolEffect.DrainConnection(var number, var runner, var cause, var graceMillis) -> {
                runner.ifPresent(it -> drain(it, cause, graceMillis));
                opened.getOrDefault(number, RunnerStarter.NONE).end(number, runner.isPresent() ? graceMillis : 0);
            }
            case RunnerPoolEffect.DrainRunner(var runner, var cause, var graceMillis) ->
                drain(runner, cause, graceMillis);
            case RunnerPoolEffect.Failing(var why) -> error = Optional.of(why);
            case RunnerPoolEffect.Recovered _ -> error = Optional.empty();
            case RunnerPoolEffect.TickAt(var millis) -> timer.at(millis);
        }
    }

    private void drain(RunnerId runner, DrainCause cause, long graceMillis) {
        engine.runners().find(runner).ifPresent(it -> it.tell(new RunnerEvent.DrainAsked(cause, graceMillis, now())));
    }

    void close() {
        mailbox.retire();
        timer.cancel();
        starter.close();
    }
}
