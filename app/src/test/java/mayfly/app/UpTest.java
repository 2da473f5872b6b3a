package mayfly.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import mayfly.cli.Arguments;
import mayfly.cli.Cli;
import mayfly.cli.UsageException;
import org.junit.jupiter.api.Test;

class UpTest {
    @Test
    void everyOptionOfTheHelpReachesTheConfiguration() throws Exception {
        assertThat(settings(
                        "--listen=127.0.0.1:1",
                        "--data",
                        "/d",
                        "--store",
                        "sqlite",
                        "--token-file",
                        "/t",
                        "--log-level",
                        "debug",
                        "--log-format",
                        "json",
                        "--set",
                        "pool.idle_seconds=7",
                        "--set",
                        "hosts=a"))
                .isEqualTo(Map.of(
                        "listen",
                        "127.0.0.1:1",
                        "data",
                        "/d",
                        "store",
                        "sqlite",
                        "token_file",
                        "/t",
                        "log.level",
                        "debug",
                        "log.format",
                        "json",
                        "pool.idle_seconds",
                        "7",
                        "hosts",
                        "a"));
    }

    @Test
    void aSettingWithoutValueIsRefused() {
        assertThatThrownBy(() -> settings("--set", "pool.idle_seconds"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("KEY=VALUE");
    }

    private static Map<String, String> settings(String... words) throws UsageException {
        return Up.settings(Arguments.parse(Cli.spec("up"), List.of(words)));
    }
}
