package mayfly.api;

/** How far a task is kept from the host; {@code NONE} is a plain process of the node's user. */
public enum TaskIsolation {
    NONE,
    PROCESS,
    KVM
}
