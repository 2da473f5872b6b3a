package mayfly.checks.services;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import mayfly.machine.HostReport;
import mayfly.machine.process.ProcessDriver;
import mayfly.machine.process.ProcessSupervisor;

/** Services in sandboxed processes. */
class ProcessServicesTest extends ServicesKit {
    @Override
    ServiceBed bed() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path data = Files.createDirectory(directory.resolve("data"));
        ProcessSupervisor supervisor = ProcessSupervisor.open(data);
        HostReport probe = new HostReport("process", true, "full", List.of());
        return new ServiceBed(directory, ProcessDriver.open(supervisor, data, Map.of(), probe), supervisor::close);
    }
}
