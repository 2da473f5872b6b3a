package mayfly.node;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import mayfly.api.Isolation;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.machine.MachineDriver;

/** The drivers of this host, strongest isolation first. */
final class Drivers {
    /** The levels of host reports, weakest first. */
    private static final List<String> LEVELS = List.of("none", "reduced", "full");

    private final List<MachineDriver> drivers;
    private final String least;

    /** @param least the level that a driver must give on this host to be used */
    Drivers(List<MachineDriver> drivers, String least) {
        this.drivers = List.copyOf(drivers);
        this.least = least;
    }

    private boolean usable(MachineDriver driver) {
        return driver.host().usable() && LEVELS.indexOf(driver.host().level()) >= LEVELS.indexOf(least);
    }

    /** The strongest usable driver that the demand allows; refused, with the reason, when there is none. */
    MachineDriver choose(Isolation demand) throws RefusedException {
        String name = demand.name().toLowerCase(java.util.Locale.ROOT);
        Optional<MachineDriver> chosen = drivers.stream()
                .filter(driver -> demand == Isolation.ANY || driver.name().equals(name))
                .filter(this::usable)
                .findFirst();
        if (chosen.isEmpty()) {
            String usable = drivers.stream()
                    .filter(this::usable)
                    .map(MachineDriver::name)
                    .collect(Collectors.joining(", "));
            throw new RefusedException(
                    ErrorCode.ISOLATION_UNAVAILABLE,
                    "this node cannot give isolation '" + name + "'; it can give: "
                            + (usable.isEmpty() ? "none at level " + least + " (isolation_least)" : usable)
                            + ". `mayfly doctor` says what is missing");
        }
        return chosen.get();
    }

    /** The one that serves a service's connections: virtual machines where there are any, else processes. */
    MachineDriver forServices(Isolation demand) throws RefusedException {
        try {
            return choose(demand);
        } catch (RefusedException e) {
            throw new RefusedException(
                    e.code(), "services need virtual machines or sandboxed processes: " + e.getMessage(), e);
        }
    }

    List<MachineDriver> all() {
        return drivers;
    }
}
