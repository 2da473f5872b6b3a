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
    private final List<MachineDriver> drivers;

    Drivers(List<MachineDriver> drivers) {
        this.drivers = List.copyOf(drivers);
    }

    /** The strongest usable driver that the demand allows; refused, with the reason, when there is none. */
    MachineDriver choose(Isolation demand) throws RefusedException {
        String name = demand.name().toLowerCase(java.util.Locale.ROOT);
        Optional<MachineDriver> chosen = drivers.stream()
                .filter(driver -> demand == Isolation.ANY || driver.name().equals(name))
                .filter(driver -> driver.host().usable())
                .findFirst();
        if (chosen.isEmpty()) {
            String usable = drivers.stream()
                    .filter(driver -> driver.host().usable())
                    .map(MachineDriver::name)
                    .collect(Collectors.joining(", "));
            throw new RefusedException(
                    ErrorCode.ISOLATION_UNAVAILABLE,
                    "this node cannot give isolation '" + name + "'; it can give: "
                            + (usable.isEmpty() ? "none" : usable)
                            + ". `mayfly doctor` says what is missing");
        }
        return chosen.get();
    }

    List<MachineDriver> all() {
        return drivers;
    }
}
