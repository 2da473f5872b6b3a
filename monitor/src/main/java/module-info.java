/** The static C binary (spawner, monitor, sandbox launcher, init, probe) as a resource. */
@org.jspecify.annotations.NullMarked
module mayfly.monitor {
    requires static org.jspecify;

    exports mayfly.monitor;
}
