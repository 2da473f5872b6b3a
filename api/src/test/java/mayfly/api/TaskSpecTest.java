package mayfly.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Optional;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskSpecTest {
    @Test
    void aCommandIsEnough() throws InvalidException {
        TaskSpec spec = check("{'command':['sleep','1']}");
        assertThat(spec.isolation()).isEqualTo(TaskIsolation.NONE);
        assertThat(spec.name()).isEmpty();
        assertThat(Json.read(Json.write(spec), TaskSpec.class)).isEqualTo(spec);
    }

    @Test
    void tellsEverythingThatIsWrongAtOnce() {
        assertThat(problems("{'command':['a','b\\u0000'],'name':'','cwd':'tmp','memory_mb':1,'timeout_ms':0,"
                        + "'output_max_mb':0}"))
                .containsExactly(
                        "name: must have 1 to 64 characters; has 0",
                        "command[1]: must not hold a NUL character",
                        "cwd: must be an absolute path; found \"tmp\"",
                        "memory_mb: must be from 16 to 16384; found 1",
                        "timeout_ms: must be from 1 to 9223372036854; found 0",
                        "output_max_mb: must be from 1 to 1048576; found 0");
    }

    @Test
    void aCommandIsNeeded() {
        assertThat(problems("{}")).containsExactly("command: must have at least the name of a program");
        assertThat(problems("{'command':['']}")).containsExactly("command: must have at least the name of a program");
        String argument = "x".repeat(Limits.COMMAND_BYTES_MAX);
        assertThat(problems("{'command':['" + argument + "']}"))
                .singleElement()
                .asString()
                .startsWith("command: must not be over");
    }

    @ParameterizedTest
    @CsvSource({"TERM, 15", "sigkill, 9", "SIGUSR1, 10", "2, 2", "64, 64"})
    void signalsHaveNamesAndNumbers(String text, int number) {
        assertThat(Signals.number(text)).isEqualTo(Optional.of(number));
        assertThat(Signals.number(Signals.name(15))).isEqualTo(Optional.of(15));
    }

    @ParameterizedTest
    @CsvSource({"0", "65", "TERMINATE", "SIG", "-9", "''", "015x"})
    void otherSignalsDoNotExist(String text) {
        assertThat(Signals.number(text)).isEmpty();
    }

    private static TaskSpec check(String json) throws InvalidException {
        return TaskSpec.of(Json.read(json.replace('\'', '"').getBytes(UTF_8), TaskRequest.class));
    }

    private static List<String> problems(String json) {
        InvalidException e = catchThrowableOfType(InvalidException.class, () -> check(json));
        return e.problems().stream().map(FieldProblem::toString).toList();
    }
}
