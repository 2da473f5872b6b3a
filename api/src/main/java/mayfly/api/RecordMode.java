package mayfly.api;

/**
 * When a synchronous call is answered: before its record is durable (a crash may lose the records of the last
 * milliseconds), or after.
 */
public enum RecordMode {
    GROUPED,
    DURABLE
}
