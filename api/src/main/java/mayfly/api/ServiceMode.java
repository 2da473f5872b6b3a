package mayfly.api;

import mayfly.base.Limits;

/** How many connections a service's machine may have in its life. */
public enum ServiceMode {
    /** One: every connection gets a machine in the template's exact state. */
    EPHEMERAL,
    /** All of them, one after the other and at once: a server as it is everywhere else. */
    SHARED;

    /** Connections that a service of this mode can serve at once. */
    public int workersMax() {
        return switch (this) {
            case EPHEMERAL -> Limits.MACHINES_PER_SERVICE_MAX;
            case SHARED -> Limits.SHARED_CONNECTIONS_MAX;
        };
    }
}
