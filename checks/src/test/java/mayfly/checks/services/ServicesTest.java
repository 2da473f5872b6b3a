package mayfly.checks.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import mayfly.node.ResetStats;
import mayfly.node.ServiceShell;
import org.junit.jupiter.api.Test;

/** Services in virtual machines. */
class ServicesTest extends ServicesKit {
    @Override
    ServiceBed bed() throws Exception {
        return new ServiceBed(directory);
    }

    @Test
    void whatResetsAndMemoryCostIsTold() throws Exception {
        try (ServiceShell service = bed.start(bed.settings(2))) {
            assertThat(service.stats().resets()).isEqualTo(new ResetStats(0, 0, 0, 0, 0, 0));
            for (int i = 0; i < 20; i++) {
                assertThat(Client.once(service, "/")).isEqualTo("count 1");
            }
            await().until(() -> service.stats().resets().count() == 20);
            ResetStats resets = service.stats().resets();
            assertThat(resets.pages()).isBetween(20, 2_000);
            assertThat(resets.micros()).isPositive().isLessThanOrEqualTo(resets.microsHigh());
            long before = service.stats().privateBytes().orElseThrow();
            assertThat(before).isBetween(20L << 12, 32L << 20);
            try (Client filling = Client.of(service)) {
                assertThat(filling.get("/fill")).isEqualTo("count 1");
                assertThat(service.stats().privateBytes().orElseThrow())
                        .as("while it serves")
                        .isGreaterThan(before + (20L << 20));
            }
            await().until(() -> service.stats().resets().count() == 21);
            assertThat(service.stats().resets().pagesMax()).isGreaterThan(20 << 8);
            assertThat(service.stats().privateBytes().orElseThrow())
                    .as("a machine keeps 16 MiB at most")
                    .isLessThan(before + (17L << 20));
            service.replace(bed.settings(2, "two", 2, 64, Duration.ofMinutes(5)), bed.driver);
            assertThat(Client.once(service, "/")).isEqualTo("two 1");
            await().until(() -> service.stats().resets().count() == 22); // of all its versions
        }
    }
}
