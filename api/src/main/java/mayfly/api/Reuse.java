package mayfly.api;

/** Whether a call gets a machine in the template's exact state, or one that may have served calls before. */
public enum Reuse {
    FRESH,
    WARM
}
