/** Machines as sandboxed processes, and the Java side of the monitor. */
@org.jspecify.annotations.NullMarked
module mayfly.machine.process {
    requires static org.jspecify;
    requires transitive mayfly.machine;
    requires mayfly.agents;
    requires mayfly.base;
    requires mayfly.hook;
    requires mayfly.linux;
    requires mayfly.monitor;
    requires tools.jackson.databind;

    exports mayfly.machine.process;
}
