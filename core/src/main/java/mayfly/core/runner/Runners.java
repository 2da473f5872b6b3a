package mayfly.core.runner;

import java.util.ArrayList;
import java.util.List;
import mayfly.core.Step;
import mayfly.core.runner.Runner.Draining;
import mayfly.core.runner.Runner.Gone;
import mayfly.core.runner.Runner.Link;
import mayfly.core.runner.Runner.Link.Away;
import mayfly.core.runner.Runner.Link.Up;
import mayfly.core.runner.Runner.Serving;
import mayfly.core.runner.RunnerEffect.CloseReason;
import mayfly.core.runner.RunnerEffect.CloseSocket;
import mayfly.core.runner.RunnerEffect.LoseActors;
import mayfly.core.runner.RunnerEffect.Offer;
import mayfly.core.runner.RunnerEffect.Persist;
import mayfly.core.runner.RunnerEffect.Retire;
import mayfly.core.runner.RunnerEffect.TellGoingAway;
import mayfly.core.runner.RunnerEffect.TickAt;
import mayfly.core.runner.RunnerEffect.Welcome;
import mayfly.core.runner.RunnerEffect.Withhold;
import mayfly.core.runner.RunnerEvent.Attached;
import mayfly.core.runner.RunnerEvent.Detached;
import mayfly.core.runner.RunnerEvent.DrainAsked;
import mayfly.core.runner.RunnerEvent.Emptied;
import mayfly.core.runner.RunnerEvent.Pong;
import mayfly.core.runner.RunnerEvent.Tick;
import mayfly.core.runner.RunnerEvent.Wanted;

/** Decides for runners; never acts. */
public final class Runners {
    private final RunnerTimes times;

    public Runners(RunnerTimes times) {
        this.times = times;
    }

    /** A runner whose key nobody has, on its first session. */
    public Step<Runner, RunnerEffect> begin(RunnerProfile profile, long session, long nowMillis) {
        return new Step<>(
                new Serving(profile, new Up(session, nowMillis, true)),
                List.of(
                        new Persist(),
                        new Welcome(session),
                        new Offer(profile.version(), profile.slots()),
                        new TickAt(nowMillis + times.eligibleMillis())));
    }

    /** A runner that was there when the node ended: it was not the one who was away, so nobody is impatient with it. */
    public Step<Runner, RunnerEffect> resume(RunnerProfile profile, long nowMillis) {
        long lostAt = nowMillis + times.lostMillis();
        return Step.with(new Serving(profile, new Away(0, lostAt, lostAt, false)), new TickAt(lostAt));
    }

    /** The same, of one that was being drained. */
    public Step<Runner, RunnerEffect> resumeDraining(
            RunnerProfile profile, DrainCause cause, long deadlineMillis, long nowMillis) {
        long lostAt = nowMillis + times.lostMillis();
        Draining state = new Draining(profile, new Away(0, lostAt, lostAt, false), cause, deadlineMillis);
        return Step.with(state, new TickAt(dueMillis(state)));
    }

    /** What follows from the event; news of an earlier session, and anything after the end, changes nothing. */
    public Step<Runner, RunnerEffect> step(Runner runner, RunnerEvent event) {
        Step<Runner, RunnerEffect> step = switch (runner) {
            case Serving serving -> serving(serving, event);
            case Draining draining -> draining(draining, event);
            case Gone gone -> Step.stay(gone);
        };
        assert RunnerInvariants.hold(runner, event, step);
        return step;
    }

    private Step<Runner, RunnerEffect> serving(Serving state, RunnerEvent event) {
        return switch (event) {
            case Attached e when e.session() > state.link().session() -> attached(state, e);
            case Pong e when isCurrent(state.link(), e.session()) -> pong(state, e);
            case Detached e
            when isCurrent(state.link(), e.session()) -> {
                Serving away = new Serving(state.profile(), cut(e));
                yield with(away, state.isOffered() ? List.of(new Withhold()) : List.of());
            }
            case DrainAsked e -> drain(state, e);
            case Wanted _
            when state.link() instanceof Away away && !away.wanted() ->
                given(new Serving(state.profile(), wanted(away)), event.nowMillis());
            case Tick _ -> tick(state, event.nowMillis());
            case Attached _, Pong _, Detached _, Wanted _, Emptied _ -> Step.stay(state);
        };
    }

    private Step<Runner, RunnerEffect> draining(Draining state, RunnerEvent event) {
        return switch (event) {
            case Attached e
            when e.session() > state.link().session() -> {
                List<RunnerEffect> effects = evict(state.link());
                effects.add(new Welcome(e.session()));
                yield with(relinked(state, new Up(e.session(), e.nowMillis(), true)), effects);
            }
            case Pong e
            when isCurrent(state.link(), e.session()) ->
                Step.stay(relinked(state, new Up(e.session(), e.nowMillis(), true)));
            case Detached e when isCurrent(state.link(), e.session()) -> with(relinked(state, cut(e)), List.of());
            case DrainAsked e -> sooner(state, e);
            case Wanted _
            when state.link() instanceof Away away && !away.wanted() ->
                given(relinked(state, wanted(away)), event.nowMillis());
            case Emptied _ -> gone(state, RunnerEnd.DRAINED);
            case Tick _ -> given(state, event.nowMillis());
            case Attached _, Pong _, Detached _, Wanted _ -> Step.stay(state);
        };
    }

    // Its socket ------------------------------------------------------------------------------------------------------

    private static boolean isCurrent(Link link, long session) {
        return link instanceof Up up && up.session() == session;
    }

    private Step<Runner, RunnerEffect> attached(Serving state, Attached e) {
        RunnerProfile profile = state.profile().saying(e.version(), e.slots());
        boolean changed = !profile.equals(state.profile());
        List<RunnerEffect> effects = evict(state.link());
        if (changed) {
            effects.add(new Persist());
        }
        effects.add(new Welcome(e.session()));
        if (changed || !state.isOffered()) {
            effects.add(new Offer(e.version(), e.slots()));
        }
        return with(new Serving(profile, new Up(e.session(), e.nowMillis(), true)), effects);
    }

    private static List<RunnerEffect> evict(Link link) {
        List<RunnerEffect> effects = new ArrayList<>(4);
        if (link instanceof Up up) {
            effects.add(new CloseSocket(up.session(), CloseReason.EVICTED));
        }
        return effects;
    }

    private static Step<Runner, RunnerEffect> pong(Serving state, Pong e) {
        Serving heard = new Serving(state.profile(), new Up(e.session(), e.nowMillis(), true));
        // no tick: the one that is due comes earlier than needed and asks for the next
        return state.isOffered()
                ? Step.stay(heard)
                : Step.with(
                        heard,
                        new Offer(state.profile().version(), state.profile().slots()));
    }

    private Away cut(Detached e) {
        return new Away(e.session(), e.nowMillis() + times.patienceMillis(), e.nowMillis() + times.lostMillis(), false);
    }

    private static Away wanted(Away away) {
        return new Away(away.session(), away.patientUntilMillis(), away.lostAtMillis(), true);
    }

    private static Draining relinked(Draining state, Link link) {
        return new Draining(state.profile(), link, state.cause(), state.deadlineMillis());
    }

    // Its time --------------------------------------------------------------------------------------------------------

    private Step<Runner, RunnerEffect> tick(Serving state, long now) {
        if (state.link() instanceof Up up
                && up.eligible()
                && now >= up.pongMillis() + times.eligibleMillis()
                && now < up.pongMillis() + times.lostMillis()) {
            Serving quiet = new Serving(state.profile(), new Up(up.session(), up.pongMillis(), false));
            return with(quiet, List.of(new Withhold()));
        }
        return given(state, now);
    }

    /** The runner after a look at the clock: gone, or the same with a tick. */
    private Step<Runner, RunnerEffect> given(Runner state, long now) {
        return switch (state) {
            case Draining draining when now >= draining.deadlineMillis() -> gone(draining, RunnerEnd.DRAIN_TIMEOUT);
            case Draining draining when now >= lostMillis(draining.link()) -> gone(draining, silence(draining.link()));
            case Serving serving when now >= lostMillis(serving.link()) -> gone(serving, silence(serving.link()));
            case Draining _, Serving _ -> with(state, List.of());
            case Gone gone -> Step.stay(gone);
        };
    }

    private long lostMillis(Link link) {
        return switch (link) {
            case Up up -> up.pongMillis() + times.lostMillis();
            case Away away -> away.dueMillis();
        };
    }

    private static RunnerEnd silence(Link link) {
        return switch (link) {
            case Up _ -> RunnerEnd.SILENT;
            case Away _ -> RunnerEnd.DISCONNECTED;
        };
    }

    private Step<Runner, RunnerEffect> with(Runner state, List<RunnerEffect> effects) {
        List<RunnerEffect> all = new ArrayList<>(effects);
        all.add(new TickAt(dueMillis(state)));
        return new Step<>(state, all);
    }

    private long dueMillis(Runner state) {
        return switch (state) {
            case Serving(var _, Up up) when up.eligible() -> up.pongMillis() + times.eligibleMillis();
            case Serving serving -> lostMillis(serving.link());
            case Draining draining -> Math.min(draining.deadlineMillis(), lostMillis(draining.link()));
            case Gone _ -> Long.MAX_VALUE;
        };
    }

    // Its end ---------------------------------------------------------------------------------------------------------

    private Step<Runner, RunnerEffect> drain(Serving state, DrainAsked e) {
        Draining draining = new Draining(state.profile(), state.link(), e.cause(), e.nowMillis() + e.graceMillis());
        if (e.graceMillis() <= 0) {
            return gone(state, RunnerEnd.DRAIN_TIMEOUT);
        }
        return with(draining, List.of(new Retire(), new Persist(), new TellGoingAway()));
    }

    /** Asked again: the earlier deadline counts. */
    private Step<Runner, RunnerEffect> sooner(Draining state, DrainAsked e) {
        long deadline = e.nowMillis() + e.graceMillis();
        if (deadline >= state.deadlineMillis()) {
            return Step.stay(state);
        }
        if (e.graceMillis() <= 0) {
            return gone(state, RunnerEnd.DRAIN_TIMEOUT);
        }
        return with(new Draining(state.profile(), state.link(), e.cause(), deadline), List.of(new Persist()));
    }

    private static Step<Runner, RunnerEffect> gone(Runner state, RunnerEnd end) {
        return switch (state) {
            case Serving(var profile, var link) -> gone(profile, link, end, List.of(new Retire()));
            case Draining(var profile, var link, var _, var _) -> gone(profile, link, end, List.of());
            case Gone gone -> Step.stay(gone);
        };
    }

    private static Step<Runner, RunnerEffect> gone(
            RunnerProfile profile, Link link, RunnerEnd end, List<RunnerEffect> before) {
        List<RunnerEffect> effects = new ArrayList<>(before);
        effects.add(new Persist());
        effects.add(new LoseActors(end));
        if (link instanceof Up up) {
            CloseReason reason = end == RunnerEnd.SILENT ? CloseReason.SILENT : CloseReason.EVICTED;
            effects.add(new CloseSocket(up.session(), reason));
        }
        return new Step<>(new Gone(profile, end), effects);
    }
}
