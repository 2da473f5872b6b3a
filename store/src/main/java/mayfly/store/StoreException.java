package mayfly.store;

/** The engine failed; the message names the engine, the object and what to do. */
public final class StoreException extends RuntimeException {
    /** What the caller may do about it. */
    public enum Kind {
        /** The disk or the database's quota is full: nothing was written; free space and try again. */
        FULL,
        /** The writer's queue is at its limit: try again later. */
        BUSY,
        /** What was asked for is larger than one answer may be: ask for less. */
        TOO_LARGE,
        /** The data was written by a newer version of Mayfly. */
        NEWER,
        /** Another process uses this data directory or database. */
        LOCKED,
        /** The database cannot be reached or answered with an error. */
        FAILED,
        /** The store was closed. */
        CLOSED
    }

    private final Kind kind;

    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
