package mayfly.api;

/** How many connections a service's machine may have in its life. */
public enum ServiceMode {
    /** One: every connection gets a machine in the template's exact state. */
    EPHEMERAL,
    /** All of them, one after the other and at once: a server as it is everywhere else. */
    SHARED
}
