package mayfly.api;

/** How the machine of a call came about: forked from a template, warm from an earlier call, or made from nothing. */
public enum StartKind {
    FORKED,
    WARM,
    COLD
}
