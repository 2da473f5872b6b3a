package mayfly.checks.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mayfly.machine.MachineDriver;
import mayfly.machine.Reach;
import mayfly.machine.ServiceSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What every driver promises of services. A driver's test extends this and says how the driver is made. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ServiceDriverKit implements ConnectionKit, ServersKit, SharedKit {
    private MachineDriver driver;
    private Path site;

    /** @param data an empty directory that belongs to this user and nobody else can enter */
    abstract MachineDriver start(Path data) throws Exception;

    /** Ends what {@link #start} made besides the driver. */
    abstract void stop();

    @BeforeAll
    void startDriver(@TempDir(cleanup = CleanupMode.ALWAYS) Path directory) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        site = Files.createDirectory(directory.resolve("site"));
        Files.setPosixFilePermissions(site, PosixFilePermissions.fromString("rwxr-xr-x"));
        driver = start(data);
    }

    @AfterAll
    void stopDriver() {
        if (driver != null) {
            driver.close();
        }
        stop();
    }

    @Override
    public MachineDriver driver() {
        return driver;
    }

    @Override
    public Path site() {
        return site;
    }

    /** A service of the site's directory, for a few machines. */
    static ServiceSpec spec(Path site, List<String> program, int port, int warmup, boolean shared) {
        return new ServiceSpec(
                "served@1",
                program,
                Map.of(),
                site.toString(),
                Reach.readOnly(site),
                shared,
                port,
                warmup,
                256 << 20,
                64,
                Duration.ofSeconds(30));
    }
}
