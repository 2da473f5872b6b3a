package mayfly.machine.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a supervisor takes from the host.
 *
 * @param uidFirst first of the user ids that belong to sandboxes; used only by a node that runs as root
 * @param uidCount how many of them; as many sandboxes can live at once
 * @param cgroups directories under which each sandbox gets a cgroup of its own, one per hierarchy; empty for none
 * @param spawnDeadline after which a monitor that did not answer is left to itself
 * @param answerDeadline after which a monitor counts as alive but silent
 * @param startGrace how old a spec without a monitor may be before the command counts as never started
 */
public record SupervisorSettings(
        int uidFirst,
        int uidCount,
        List<Path> cgroups,
        Duration spawnDeadline,
        Duration answerDeadline,
        Duration startGrace) {
    /** Far over the ids of people, services and the usual subordinate ranges. */
    public static final int UID_FIRST_DEFAULT = 700_000_000;

    public SupervisorSettings {
        cgroups = List.copyOf(cgroups);
        if (uidFirst < 1 || uidCount < 1 || (long) uidFirst + uidCount > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("user ids: from " + uidFirst + ", " + uidCount + " of them");
        }
    }

    /** For a host of which nothing is known: no cgroups. */
    public static SupervisorSettings defaults() {
        return new SupervisorSettings(
                UID_FIRST_DEFAULT,
                65_536,
                List.of(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5));
    }

    /** The same, with sandboxes counted under these cgroups. */
    public SupervisorSettings withCgroups(List<Path> parents) {
        return new SupervisorSettings(uidFirst, uidCount, parents, spawnDeadline, answerDeadline, startGrace);
    }
}
