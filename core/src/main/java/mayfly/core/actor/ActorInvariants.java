package mayfly.core.actor;

import mayfly.core.Step;
import mayfly.core.actor.Actor.Destroyed;
import mayfly.core.actor.Actor.Destroying;
import mayfly.core.actor.Actor.Placed;
import mayfly.core.actor.ActorEffect.Ask;
import mayfly.core.actor.ActorEffect.Release;
import mayfly.core.actor.ActorEffect.SendStart;

/** What every step of an actor keeps (INVARIANTS.md, A); throws AssertionError when one does not. */
final class ActorInvariants {
    private ActorInvariants() {}

    static boolean hold(Actor before, ActorEvent event, Step<Actor, ActorEffect> step) {
        Actor after = step.state();
        check(
                "A1: generations only grow",
                before,
                event,
                step,
                after.life().generation() >= before.life().generation());
        check("A2: destroyed is final", before, event, step, !isOver(before) || isOver(after));
        check(
                "A3: a generation has one runner",
                before,
                event,
                step,
                !(before instanceof Placed was && after instanceof Placed is)
                        || was.place().generation() != is.place().generation()
                        || was.place().runner().equals(is.place().runner()));
        check(
                "A4: a slot is held while one is asked for or used, and released once",
                before,
                event,
                step,
                count(step, Ask.class) - count(step, Release.class) == held(after) - held(before)
                        && count(step, Ask.class) <= 1
                        && count(step, Release.class) <= 1);
        check(
                "A5: a start is sent when a slot was granted, and then only",
                before,
                event,
                step,
                count(step, SendStart.class)
                        == (before instanceof Actor.Pending && after instanceof Actor.Starting ? 1 : 0));
        return true;
    }

    private static boolean isOver(Actor actor) {
        return actor instanceof Destroying || actor instanceof Destroyed;
    }

    /** 1 while the pool counts the actor. */
    private static int held(Actor actor) {
        return switch (actor) {
            case Actor.Pending _, Placed _ -> 1;
            case Actor.Sleeping _, Actor.BackingOff _, Destroyed _ -> 0;
        };
    }

    private static int count(Step<Actor, ActorEffect> step, Class<? extends ActorEffect> kind) {
        return (int) step.effects().stream().filter(kind::isInstance).count();
    }

    private static void check(
            String rule, Actor before, ActorEvent event, Step<Actor, ActorEffect> step, boolean holds) {
        if (!holds) {
            throw new AssertionError(rule + ": " + before + " on " + event + " to " + step);
        }
    }
}
