package mayfly.checks.arch;

import static java.util.Map.entry;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which module may depend on which: the design's table of modules, and the edges that an ADR added. */
final class ModuleEdges {
    /** In a row of the table: everything. */
    private static final String ANY = "*";

    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            entry("mayfly.base", Set.of()),
            entry("mayfly.core", Set.of("mayfly.base")),
            entry("mayfly.linux", Set.of("mayfly.base")),
            // linux: connections are descriptors, handed from the listener to a machine
            entry("mayfly.machine", Set.of("mayfly.base", "mayfly.linux")),
            entry("mayfly.monitor", Set.of()),
            entry("mayfly.agents", Set.of()),
            entry("mayfly.hook", Set.of()),
            // monitor and agents are resources: what the driver starts
            entry(
                    "mayfly.machine.process",
                    Set.of(
                            "mayfly.base",
                            "mayfly.linux",
                            "mayfly.machine",
                            "mayfly.monitor",
                            "mayfly.agents",
                            "mayfly.hook")),
            entry("mayfly.machine.kvm", Set.of("mayfly.base", "mayfly.linux", "mayfly.machine", "mayfly.agents")),
            // kvm: the process that the driver starts runs it
            entry("mayfly.machine.host", Set.of("mayfly.base", "mayfly.linux", "mayfly.machine", "mayfly.machine.kvm")),
            entry("mayfly.store", Set.of("mayfly.base")),
            entry("mayfly.runner.protocol", Set.of()),
            entry("mayfly.runner", Set.of("mayfly.runner.protocol")),
            entry("mayfly.http", Set.of("mayfly.base")),
            entry("mayfly.api", Set.of("mayfly.base")),
            entry(
                    "mayfly.actors",
                    Set.of("mayfly.base", "mayfly.core", "mayfly.api", "mayfly.store", "mayfly.runner.protocol")),
            entry("mayfly.node", Set.of("mayfly.base", "mayfly.core", "mayfly.api", "mayfly.machine", "mayfly.store")),
            // node: ADR 0003
            entry(
                    "mayfly.gateway",
                    Set.of(
                            "mayfly.base",
                            "mayfly.core",
                            "mayfly.runner.protocol",
                            "mayfly.api",
                            "mayfly.http",
                            "mayfly.store",
                            "mayfly.actors",
                            "mayfly.node")),
            entry("mayfly.cli", Set.of("mayfly.base", "mayfly.api")),
            entry("mayfly.app", Set.of(ANY)),
            entry("mayfly.checks", Set.of(ANY)));

    /**
     * Values of the machine contract that the node's answers carry out to the gateway. No edge of the table and of no ADR:
     * the list only shrinks.
     */
    private static final Map<String, Set<String>> LENT = Map.of(
            "mayfly.gateway",
            Set.of("mayfly.machine.HostReport", "mayfly.machine.Outcome", "mayfly.machine.GuestError"));

    private ModuleEdges() {}

    /** The module that owns a package: the longest module name that the package's name begins with. */
    static String moduleOf(String packageName) {
        String best = "";
        for (String module : ALLOWED.keySet()) {
            boolean inside = packageName.equals(module) || packageName.startsWith(module + ".");
            if (inside && module.length() > best.length()) {
                best = module;
            }
        }
        return best;
    }

    static boolean isAllowed(String from, String to) {
        Set<String> allowed = ALLOWED.getOrDefault(from, Set.of());
        return from.equals(to) || allowed.contains(ANY) || allowed.contains(to);
    }

    private static boolean isLent(String from, String className) {
        int nested = className.indexOf('$');
        String outer = nested < 0 ? className : className.substring(0, nested);
        return LENT.getOrDefault(from, Set.of()).contains(outer);
    }

    /** What a module requires against the table; empty when all is well. */
    static List<String> wrongRequires(ModuleDescriptor module) {
        List<String> wrong = new ArrayList<>();
        if (!ALLOWED.containsKey(module.name())) {
            wrong.add(module.name() + " is not in the table of modules");
        }
        for (ModuleDescriptor.Requires requires : module.requires()) {
            if (requires.name().startsWith("mayfly.") && !isAllowed(module.name(), requires.name())) {
                wrong.add(module.name() + " requires " + requires.name());
            }
        }
        return wrong;
    }

    static ArchRule classesKeepTheEdges(House house) {
        return ArchRuleDefinition.classes().should(new ArchCondition<>("depend only on modules of the table") {
            @Override
            public void check(JavaClass from, ConditionEvents events) {
                String module = moduleOf(house.realNameOf(from.getPackageName()));
                for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
                    JavaClass to = dependency.getTargetClass().getBaseComponentType();
                    String target = to.getPackageName();
                    if (target.startsWith("mayfly.")
                            && !isLent(module, to.getName())
                            && !isAllowed(module, moduleOf(house.realNameOf(target)))) {
                        events.add(SimpleConditionEvent.violated(from, dependency.getDescription()));
                    }
                }
            }
        });
    }
}
