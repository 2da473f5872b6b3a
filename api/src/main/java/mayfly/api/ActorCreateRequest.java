package mayfly.api;

import java.util.Optional;

/**
 * An actor that a client of Rivet's interface wants.
 *
 * @param datacenter there is one, named "default"
 * @param input handed to the actor's program at each start
 * @param runnerNameSelector the pool whose runners host it
 */
public record ActorCreateRequest(
        Optional<String> datacenter,
        String name,
        Optional<String> key,
        Optional<byte[]> input,
        String runnerNameSelector,
        Policy crashPolicy) {

    /** What becomes of it when its program fails. */
    public enum Policy {
        RESTART,
        SLEEP,
        DESTROY
    }
}
