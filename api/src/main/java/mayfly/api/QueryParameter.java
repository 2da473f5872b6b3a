package mayfly.api;

/**
 * A parameter that a route takes in its query.
 *
 * @param example a value that is allowed
 */
public record QueryParameter(String name, Kind kind, String description, String example) {
    /** What its text must look like. */
    public enum Kind {
        TEXT,
        WHOLE,
        TRUTH
    }
}
