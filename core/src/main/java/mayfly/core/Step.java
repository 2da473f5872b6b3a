package mayfly.core;

import java.util.List;

/**
 * What a decider answers: the state to keep and, once it is kept, the effects to run in this order.
 *
 * @param <S> the lifecycle's state
 * @param <F> the lifecycle's effects
 */
public record Step<S, F>(S state, List<F> effects) {
    public Step {
        effects = List.copyOf(effects);
    }

    /** The state is kept and nothing is done: the event was stale or repeated. */
    public static <S, F> Step<S, F> stay(S state) {
        return new Step<>(state, List.of());
    }

    /** The given state, with one effect. */
    public static <S, F> Step<S, F> with(S state, F effect) {
        return new Step<>(state, List.of(effect));
    }
}
