package mayfly.api;

import java.util.List;

/** What a host can give. */
@Doc("What this host can give, and why not more.")
public record DoctorReport(
        String version,

        @Doc("version of the Java runtime") String java,
        @Doc("name and release of the kernel") String kernel,
        @Doc("processor architecture") String arch,

        int cpus,

        @Doc("memory of the host in MiB") long memoryMb,
        @Doc("user the node runs as") String user,

        List<Driver> drivers) {

    /** What one kind of machine gets from this host. */
    @Doc("One kind of machine on this host.")
    public record Driver(
            String driver,

            @Doc("whether machines of this kind can be made")
            boolean usable,

            @Doc("full, reduced or none") String level,
            List<Feature> features) {}

    /** One thing a driver uses when it can. */
    @Doc("One thing a driver uses when it can.")
    public record Feature(
            @Doc("stable: user_namespace, landlock, cgroup_memory, python3")
            String name,

            boolean available,
            @Doc("what was found, or why it is missing") String detail,

            @Doc("what to do when it is missing; empty when nothing")
            String remedy) {}
}
