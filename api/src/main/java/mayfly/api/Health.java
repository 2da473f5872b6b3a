package mayfly.api;

/** Whether a node serves. */
@Doc("Whether the node serves.")
public record Health(
        @Doc("ok; a node that is ending answers 503 node.draining instead")
        State status,

        @Doc("engine: what clients of Rivet look for") String runtime,

        String version,
        long uptimeMs,

        @Doc("sqlite or postgresql") String store,

        @Doc("kind of machine that functions get by default: kvm or process")
        String driver) {

    /** What a node that serves says of itself. */
    public enum State {
        OK
    }
}
