package mayfly.api;

/** Where a service is in its life; see {@link ServiceResponse}. */
public enum ServiceStatus {
    STARTING,
    ACTIVE,
    DRAINING,
    DRAINED,
    FAILED
}
