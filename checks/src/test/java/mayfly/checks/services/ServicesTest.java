package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import mayfly.node.ServiceShell;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services in virtual machines, from a client's connection to the program and back. */
class ServicesTest {
    @TempDir
    Path directory;

    private ServiceBed bed;

    @BeforeEach
    void open() throws Exception {
        bed = new ServiceBed(directory);
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
            assertThat(bed.machines.availablePermits()).isEqualTo(64);
        }
    }

    @Test
    void everyConnectionIsTheProgramsFirst() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(2))) {
            for (int i = 0; i < 5; i++) {
                try (Client client = Client.of(service)) {
                    assertThat(client.get("/")).isEqualTo("count 1");
                    assertThat(client.get("/")).isEqualTo("count 2");
                }
            }
            await().until(() -> service.stats().served() == 5);
            assertThat(service.stats().accepted()).isEqualTo(5);
            assertThat(service.stats().active() + service.stats().waiting()).isZero();
            assertThat(service.logs()).contains("request /");
            assertThat(service.accessLog().lines()).hasSize(5).allMatch(it -> it.contains(" closed received="));
        }
    }
}
