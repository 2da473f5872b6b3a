/** The program. */
@org.jspecify.annotations.NullMarked
module mayfly.app {
    requires java.logging;
    requires java.management;
    requires jdk.management;
    requires mayfly.cli;
    requires mayfly.gateway;
    requires mayfly.machine.host;
    requires mayfly.machine.kvm;
    requires mayfly.machine.process;
    requires org.tomlj;
    requires static org.jspecify;

    exports mayfly.app;
}
