package mayfly.runner.protocol;

/** How an actor ended; the constants' order is the wire's. */
public enum StopCode {
    /** As it was asked to. */
    OK,
    /** Otherwise. */
    ERROR
}
