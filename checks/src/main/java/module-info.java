/** Checks that need more than one module: load, benchmarks, conformance, architecture. Never shipped. */
@org.jspecify.annotations.NullMarked
module mayfly.checks {
    requires java.management;
    requires java.net.http;
    requires jdk.management;
    requires static org.jspecify;
    requires mayfly.agents;
    requires mayfly.base;
    requires mayfly.http;
    requires mayfly.linux;
    requires mayfly.machine.host;
    requires mayfly.machine.kvm;
    requires mayfly.machine.process;
    requires mayfly.runner;
    requires mayfly.runner.protocol;
    requires mayfly.store;

    exports mayfly.checks.bench;
    exports mayfly.checks.hardware;
}
