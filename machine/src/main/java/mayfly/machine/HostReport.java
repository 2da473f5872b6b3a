package mayfly.machine;

import java.util.List;

/**
 * What a host can give, for {@code mayfly doctor} and for refusing deployments that demand more.
 *
 * @param usable whether machines of this driver can be made at all
 * @param level one word for the whole: "full", "reduced", "none"
 */
public record HostReport(String driver, boolean usable, String level, List<Feature> features) {
    public HostReport {
        features = List.copyOf(features);
    }

    /**
     * One thing the driver uses when it can.
     *
     * @param name stable, lower case: "user_namespace", "landlock", "cgroup_memory", "python3"
     * @param detail what was found, or why it is missing
     * @param remedy what the operator can do when it is missing; empty when nothing
     */
    public record Feature(String name, boolean available, String detail, String remedy) {}
}
