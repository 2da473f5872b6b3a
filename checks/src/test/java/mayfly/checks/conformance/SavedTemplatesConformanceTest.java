package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import mayfly.machine.HostReport;
import mayfly.machine.InitFailedException;
import mayfly.machine.MachineDriver;
import mayfly.machine.MachineException;
import mayfly.machine.Template;
import mayfly.machine.TemplateSpec;
import mayfly.machine.kvm.KvmDriver;

/** The kit on virtual machines whose templates were saved to disk and loaded before anybody got them. */
final class SavedTemplatesConformanceTest extends MachineDriverKit {
    @Override
    MachineDriver start(Path directory) throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        Path agents = KvmDriverConformanceTest.agents(directory);
        return new Twice(KvmDriver.open(agents, Map.of(), directory.resolve("templates")));
    }

    @Override
    void stop() {}

    @Override
    public Set<String> traces() {
        return KvmDriverConformanceTest.held();
    }

    /** Boots every template, closes it when it is on disk, and gives away what comes from there. */
    private record Twice(KvmDriver driver) implements MachineDriver {
        @Override
        public String name() {
            return driver.name();
        }

        @Override
        public HostReport host() {
            return driver.host();
        }

        @Override
        public synchronized Template boot(TemplateSpec spec) throws InitFailedException, MachineException {
            KvmDriver.Starts before = driver.starts();
            driver.boot(spec).close();
            driver.settle();
            Template template = driver.boot(spec);
            assertThat(driver.starts().loaded())
                    .as("templates loaded; " + spec.name() + " too")
                    .isGreaterThan(before.loaded());
            return template;
        }

        @Override
        public void close() {
            driver.close();
        }
    }
}
