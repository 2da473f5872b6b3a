package mayfly.checks.arch;

import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Hide by default: a module shows one package at most, and opens none to reflection. */
final class Exports {
    /** One package per lifecycle; a library with what its users hand in; programs that are started by name. */
    private static final Set<String> MANY_ALLOWED = Set.of("mayfly.core", "mayfly.machine.kvm", "mayfly.checks");

    private Exports() {}

    static List<String> faults(ModuleDescriptor module) {
        List<String> faults = new ArrayList<>();
        if (module.exports().size() > 1 && !MANY_ALLOWED.contains(module.name())) {
            faults.add(module.name() + " exports " + module.exports());
        }
        if (module.isOpen() || module.opens().stream().anyMatch(opens -> !opens.isQualified())) {
            faults.add(module.name() + " opens packages to everybody");
        }
        return faults;
    }
}
