package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mayfly.machine.ConnectionListener;
import mayfly.machine.LogSink;
import mayfly.machine.Machine;
import mayfly.machine.MachineDriver;
import mayfly.machine.Served;
import mayfly.machine.ServiceSpec;
import mayfly.machine.Template;
import org.junit.jupiter.api.Test;

/** Services of which one machine serves every connection. */
interface SharedKit {
    MachineDriver driver();

    Path site();

    private ServiceSpec counter(String server) throws Exception {
        Files.writeString(site().resolve("shared.py"), ConnectionKit.COUNTER.replace(".HTTPServer", "." + server));
        return ServiceDriverKit.spec(site(), List.of("/usr/bin/python3", "shared.py", "8000"), 8000, 0, true);
    }

    @Test
    default void stateIsKeptFromOneConnectionToTheNext() throws Exception {
        try (Template template = driver().boot(counter("HTTPServer"));
                ConnectionListener listener = Talk.listener()) {
            for (int i = 1; i < 6; i++) {
                assertThat(ConnectionKit.once(template, listener, "/")).endsWith("count " + i);
            }
            assertThat(template.ping(10_000)).isTrue();
        }
    }

    @Test
    default void oneThatIsCutOffDisturbsNoOther() throws Exception {
        try (Template template = driver().boot(counter("ThreadingHTTPServer"));
                ConnectionListener listener = Talk.listener()) {
            Talk hang = Talk.begin(listener, "/hang");
            try (Machine place = template.fork()) {
                Served served = place.serve(hang.connection(), Duration.ofMillis(300), LogSink.NONE);
                assertThat(served.end()).isEqualTo(Served.End.TIMED_OUT);
                assertThat(hang.answer().get()).isEmpty();
            }
            assertThat(ConnectionKit.once(template, listener, "/")).endsWith("count 2");
        }
    }

    @Test
    default void theEndOfTheProgramEndsItsConnections() throws Exception {
        try (Template template = driver().boot(counter("HTTPServer"));
                ConnectionListener listener = Talk.listener()) {
            assertThat(ConnectionKit.once(template, listener, "/")).endsWith("count 1");
            Talk crash = Talk.begin(listener, "/crash");
            try (Machine place = template.fork()) {
                Served served = place.serve(crash.connection(), ConnectionKit.PATIENCE, LogSink.NONE);
                assertThat(served.end()).isEqualTo(Served.End.CRASHED);
                assertThat(crash.answer().get()).isEmpty();
            }
            assertThat(ConnectionKit.once(template, listener, "/"))
                    .as("a new process")
                    .endsWith("count 1");
        }
    }
}
