package mayfly.runner.protocol;

/** What an actor wants for itself; the constants' order is the wire's. */
public enum ActorIntent {
    /** To be stopped until somebody needs it. */
    SLEEP,
    /** To be stopped for good. */
    STOP
}
