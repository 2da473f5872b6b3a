package mayfly.core.runner;

import java.util.List;
import mayfly.core.Step;
import mayfly.core.runner.Runner.Draining;
import mayfly.core.runner.Runner.Gone;
import mayfly.core.runner.Runner.Link;
import mayfly.core.runner.Runner.Serving;
import mayfly.core.runner.RunnerEffect.CloseSocket;
import mayfly.core.runner.RunnerEffect.LoseActors;
import mayfly.core.runner.RunnerEffect.Offer;
import mayfly.core.runner.RunnerEffect.Retire;
import mayfly.core.runner.RunnerEffect.Welcome;
import mayfly.core.runner.RunnerEffect.Withhold;
import mayfly.core.runner.RunnerEvent.Attached;
import mayfly.core.runner.RunnerEvent.Detached;

/** What is true after every step of a runner (the numbers are INVARIANTS.md's); checked where assertions are on. */
final class RunnerInvariants {
    private RunnerInvariants() {}

    /** True, or throws an AssertionError that names the invariant, the event and the states. */
    static boolean hold(Runner before, RunnerEvent event, Step<Runner, RunnerEffect> step) {
        Runner after = step.state();
        List<RunnerEffect> effects = step.effects();
        try {
            boolean ends = after instanceof Gone && !(before instanceof Gone);
            boolean finalStays = !(before instanceof Gone) || (after.equals(before) && effects.isEmpty());
            require(finalStays, "R1: a runner that is gone stays so");
            require(rank(after) >= rank(before), "R1: a runner that drains never serves again");
            require(count(effects, LoseActors.class) == (ends ? 1 : 0), "R1: actors are lost once, at the end");
            offered(before, after, effects);
            sockets(before, event, after, effects);
            return true;
        } catch (AssertionError broken) {
            throw new AssertionError(
                    broken.getMessage() + "\n before " + before + "\n event " + event + "\n step " + step, broken);
        }
    }

    private static void offered(Runner before, Runner after, List<RunnerEffect> effects) {
        boolean retires = before instanceof Serving && !(after instanceof Serving);
        require(count(effects, Retire.class) == (retires ? 1 : 0), "R2: the pool hears once that it is over");
        boolean withholds = before.isOffered() && !after.isOffered() && !retires;
        require(count(effects, Withhold.class) == (withholds ? 1 : 0), "R2: the pool hears when not to place actors");
        boolean changed = !before.profile().equals(after.profile());
        boolean offers = after.isOffered() && (changed || !before.isOffered());
        require(count(effects, Offer.class) == (offers ? 1 : 0), "R2: the pool hears when to place actors");
    }

    private static void sockets(Runner before, RunnerEvent event, Runner after, List<RunnerEffect> effects) {
        long was = open(before);
        long is = open(after);
        require(is == 0 || was == 0 || is >= was, "R3: an older session never comes back");
        boolean welcomes = event instanceof Attached && is != was;
        require(count(effects, Welcome.class) == (welcomes ? 1 : 0), "R3: a session is welcomed once");
        boolean closes = was != 0 && is != was && !(event instanceof Detached);
        require(count(effects, CloseSocket.class) == (closes ? 1 : 0), "R3: a socket that is left is closed once");
    }

    /** The session with an open socket; 0 for none. */
    private static long open(Runner runner) {
        return switch (runner) {
            case Serving(var _, Link.Up up) -> up.session();
            case Draining(var _, Link.Up up, var _, var _) -> up.session();
            case Serving _, Draining _, Gone _ -> 0;
        };
    }

    private static int rank(Runner runner) {
        return switch (runner) {
            case Serving _ -> 0;
            case Draining _ -> 1;
            case Gone _ -> 2;
        };
    }

    private static int count(List<RunnerEffect> effects, Class<? extends RunnerEffect> kind) {
        return (int) effects.stream().filter(kind::isInstance).count();
    }

    private static void require(boolean holds, String invariant) {
        if (!holds) {
            throw new AssertionError(invariant);
        }
    }
}
