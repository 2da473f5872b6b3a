package mayfly.checks.conformance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import mayfly.machine.MachineDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What every machine driver promises. A driver's test extends this and says how the driver is made. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class MachineDriverKit implements CallKit, HostileKit, IsolationKit {
    private MachineDriver driver;
    private GuestBed bed;
    private Path open;

    /** @param data an empty directory that belongs to this user and nobody else can enter */
    abstract MachineDriver start(Path data) throws Exception;

    /** Ends what {@link #start} made besides the driver. */
    abstract void stop();

    @BeforeAll
    void startDriver(@TempDir(cleanup = CleanupMode.ALWAYS) Path directory) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        open = Files.createDirectory(directory.resolve("open"));
        Path code = Files.createDirectory(directory.resolve("code"));
        for (Path each : new Path[] {open, code}) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        driver = start(data);
        bed = new GuestBed(driver, code);
    }

    @AfterEach
    void closeTemplates() {
        bed.close();
    }

    @AfterAll
    void stopDriver() {
        if (driver != null) {
            driver.close();
        }
        stop();
    }

    @Override
    public boolean hasChildren() {
        return true;
    }

    @Override
    public GuestBed bed() {
        return bed;
    }

    @Override
    public Path open() {
        return open;
    }
}
