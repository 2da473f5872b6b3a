package mayfly.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import mayfly.api.Isolation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    private static final Map<String, String> HOME = Map.of("HOME", "/home/ada");

    @TempDir
    Path dir;

    @Test
    void nothingHasToBeSaid() throws ConfigException {
        Config config = Config.load(Optional.empty(), HOME, Map.of());
        assertThat(config.listen()).isEqualTo(new Config.Listen("127.0.0.1", 7070));
        assertThat(config.data()).isEqualTo(Path.of("/home/ada/.local/share/mayfly"));
        assertThat(config.store()).isEqualTo("sqlite");
        assertThat(config.token()).isEmpty();
        assertThat(config.functions().isolation()).isEqualTo(Isolation.ANY);
        assertThat(config.pool().idleAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.log()).isEqualTo(new Config.Log("info", false));
    }

    @Test
    void flagsWinOverTheEnvironmentAndThatOverTheFile() throws Exception {
        Path file = file(
                "listen = '127.0.0.1:1'\ndata = '/a'\nhosts = ['A.example']\n[log]\nlevel = 'debug'\nformat = 'json'\n");
        Map<String, String> environment =
                Map.of("MAYFLY_LISTEN", "127.0.0.1:2", "MAYFLY_DATA", "/b", "MAYFLY_CONFIG", file.toString());
        Config config = Config.load(Optional.empty(), environment, Map.of("listen", "127.0.0.1:3"));
        assertThat(config.listen().port()).isEqualTo(3);
        assertThat(config.data()).isEqualTo(Path.of("/b"));
        assertThat(config.log()).isEqualTo(new Config.Log("debug", true));
        assertThat(config.hosts()).containsExactly("a.example");
    }

    @Test
    void tellsEverythingThatIsWrongAndWhere() throws Exception {
        Path file = file("""
                lisen = "x"
                data = 5
                [functions]
                memory_mb = 1
                timeout_ms = "soon"
                [logs]
                level = "info"
                [log]
                format = "jsn"
                """);
        ConfigException e = catchThrowableOfType(
                ConfigException.class,
                () -> Config.load(
                        Optional.of(file), Map.of("HOME", "/h", "MAYFLY_LOG_LEVL", "x"), Map.of("pool.idle", "3")));
        assertThat(e.problems())
                .map(problem -> problem.replace(file.toString(), "FILE"))
                .containsExactlyInAnyOrder(
                        "FILE:1:1: unknown key lisen; did you mean listen?",
                        "FILE:2:1: data must be text",
                        "FILE:4:1: functions.memory_mb must be a whole number from 16 to 16384; found 1",
                        "FILE:5:1: functions.timeout_ms must be a whole number from 1 to 900000; found soon",
                        "FILE:7:1: unknown key logs.level; did you mean log.level?",
                        "FILE:9:1: log.format must be one of text, json; found jsn; did you mean json?",
                        "unknown environment variable MAYFLY_LOG_LEVL; did you mean MAYFLY_LOG_LEVEL?",
                        "unknown key pool.idle; did you mean pool.idle_seconds?");
    }

    @Test
    void brokenFilesAreNamedWithTheirPosition() throws Exception {
        Path file = file("listen = \n");
        assertThat(problems(Optional.of(file), Map.of()))
                .singleElement()
                .asString()
                .startsWith(file + ":1:");
        assertThat(problems(Optional.of(dir.resolve("none.toml")), Map.of()))
                .singleElement()
                .asString()
                .contains("none.toml: cannot be read");
    }

    @Test
    void otherMachinesAreLetInWithATokenOnly() throws Exception {
        assertThat(problems(Optional.empty(), Map.of("listen", "0.0.0.0:7070")))
                .singleElement()
                .asString()
                .contains("needs a token");
        Path secret = dir.resolve("token");
        Files.writeString(secret, "0123456789abcdef\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        Map<String, String> open = Map.of("listen", "0.0.0.0:7070", "token_file", secret.toString());
        assertThat(Config.load(Optional.empty(), HOME, open).token()).contains("0123456789abcdef");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(problems(Optional.empty(), open)).singleElement().asString().contains("chmod 600");
        assertThat(problems(Optional.empty(), Map.of("token", "short")))
                .singleElement()
                .asString()
                .contains("at least 16");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:0, true", "[::1]:80, true", "localhost:1, true", "0.0.0.0:1, false", "[::]:1, false"})
    void loopbackIsKnown(String listen, boolean loopback) throws ConfigException {
        Map<String, String> flags = Map.of("listen", listen, "token", "0123456789abcdef");
        assertThat(Config.load(Optional.empty(), HOME, flags).listen().isLoopback())
                .isEqualTo(loopback);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7070", ":7070", "localhost", "localhost:", "localhost:70700", "::1:80", "a:b"})
    void otherAddressesAreRefused(String listen) {
        assertThat(problems(Optional.empty(), Map.of("listen", listen)))
                .singleElement()
                .asString()
                .contains("listen must be HOST:PORT");
    }

    @Test
    void aStoreUrlIsNotRepeatedInProblems() {
        assertThat(problems(Optional.empty(), Map.of("store", "mysql://u:secret@h/db")))
                .singleElement()
                .asString()
                .contains("postgresql://")
                .doesNotContain("secret");
    }

    @Test
    void theSampleIsAValidFileOfDefaults() throws Exception {
        Config defaults = Config.load(Optional.empty(), HOME, Map.of());
        assertThat(Config.load(Optional.of(file(ConfigSample.text())), HOME, Map.of()))
                .isEqualTo(defaults);
        String active = ConfigSample.text().replaceAll("(?m)^# (?=[a-z_]+ = )(?!data|token)", "");
        assertThat(Config.load(Optional.of(file(active)), HOME, Map.of())).isEqualTo(defaults);
        Arrays.stream(ConfigSetting.values())
                .forEach(setting -> assertThat(ConfigSample.text()).contains(setting.variable()));
    }

    @Test
    void anyFileIsReadOrRefused() throws Exception {
        Random random = new Random(Long.getLong("mayfly.seed", 3L));
        String sample =
                ConfigSample.text().replaceAll("(?m)^# (?=[a-z_]+ = )", "").replaceAll("(?m)^#.*\n", "");
        for (int round = 0; round < 300; round++) {
            StringBuilder text = new StringBuilder(sample);
            for (int i = random.nextInt(3); i >= 0; i--) {
                text.setCharAt(random.nextInt(text.length()), "[]=\"'.#\n\0x9é".charAt(random.nextInt(12)));
            }
            Path file = file(text.toString());
            try {
                assertThat(Config.load(Optional.of(file), HOME, Map.of())).isNotNull();
            } catch (ConfigException e) {
                assertThat(e.problems()).isNotEmpty();
            }
        }
    }

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("mayfly.toml"), text);
    }

    private static List<String> problems(Optional<Path> file, Map<String, String> flags) {
        return catchThrowableOfType(ConfigException.class, () -> Config.load(file, HOME, flags))
                .problems();
    }
}
