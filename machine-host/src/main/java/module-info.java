/** Virtual machines in a process of their own: the node's side and the host's. */
@org.jspecify.annotations.NullMarked
module mayfly.machine.host {
    requires static org.jspecify;
    requires transitive mayfly.machine;
    requires mayfly.base;
    requires mayfly.linux;
    requires mayfly.machine.kvm;
    requires tools.jackson.core;

    exports mayfly.machine.host;
}
