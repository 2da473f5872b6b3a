/** Checks that need more than one module: load, benchmarks, conformance, architecture. Never shipped. */
@org.jspecify.annotations.NullMarked
module mayfly.checks {
    requires java.net.http;
    requires static org.jspecify;
    requires mayfly.agents;
    requires mayfly.base;
    requires mayfly.http;
    requires mayfly.linux;
    requires mayfly.machine.host;
    requires mayfly.machine.kvm;
    requires mayfly.machine.process;
    requires mayfly.store;

    exports mayfly.checks.bench;
    exports mayfly.checks.hardware;
}
