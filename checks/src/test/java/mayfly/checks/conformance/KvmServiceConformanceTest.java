package mayfly.checks.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Map;
import mayfly.machine.HostReport;
import mayfly.machine.MachineDriver;
import mayfly.machine.kvm.KvmDriver;

/** The kit on virtual machines. */
final class KvmServiceConformanceTest extends ServiceDriverKit {
    @Override
    MachineDriver start(Path data) throws Exception {
        HostReport report = KvmDriver.examine(Map.of());
        assumeTrue(
                report.usable(),
                () -> "no virtual machines here: "
                        + report.features().getFirst().detail());
        return KvmDriver.open(KvmDriverConformanceTest.agents(data), Map.of());
    }

    @Override
    void stop() {}
}
