package mayfly.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Optional;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FunctionSpecTest {
    private static final FunctionSpec.Defaults DEFAULTS = new FunctionSpec.Defaults(128, 30_000, Isolation.ANY, 16, 8);

    @Test
    void fillsInWhatWasNotSaid() throws InvalidException {
        FunctionSpec spec = check("{'name':'hello','runtime':'python3','code':'x = 1'}");
        assertThat(spec.handler()).isEqualTo("main.handler");
        assertThat(spec.sourceFile()).isEqualTo("main.py");
        assertThat(spec.memoryMb()).isEqualTo(128);
        assertThat(spec.timeoutMs()).isEqualTo(30_000);
        assertThat(spec.reuse()).isEqualTo(Reuse.FRESH);
        assertThat(spec.record()).isEqualTo(RecordMode.GROUPED);
        assertThat(spec.concurrency()).isEqualTo(16);
        assertThat(Json.read(Json.write(spec), FunctionSpec.class)).isEqualTo(spec);
    }

    @Test
    void tellsEverythingThatIsWrongAtOnce() {
        assertThat(
                        problems(
                                "{'name':'Hello World','runtime':'python3','handler':'main','env':{'1A':'x','MAYFLY_X':'',"
                                        + "'N':'\\u0000'},'memory_mb':1,'timeout_ms':0,'min_warm':9,'max_machines':2,'tags':['a','a','B']}"))
                .containsExactly(
                        "name: may have a-z, 0-9, - and _ and must start with a letter or digit",
                        "code: give exactly one of code and archive",
                        "env: not a name of an environment variable: \"1A\"",
                        "env.MAYFLY_X: names that start with MAYFLY_ are reserved",
                        "env.N: must not hold a NUL character",
                        "tags[1]: given more than once",
                        "tags[2]: must be 1 to 64 of a-z, 0-9 and ._:=/- and start with a letter or digit",
                        "memory_mb: must be from 16 to 16384; found 1",
                        "timeout_ms: must be from 1 to 900000; found 0",
                        "min_warm: must not be over max_machines, which is 2; found 9",
                        "handler: must have the form module.function, like main.handler; found \"main\"");
    }

    @Test
    void anUnknownRuntimeHasItsOwnCode() {
        InvalidException e =
                catchThrowableOfType(InvalidException.class, () -> check("{'name':'a','runtime':'pyton3','code':'x'}"));
        assertThat(e.code()).isEqualTo(ErrorCode.RUNTIME_UNKNOWN);
        assertThat(e).hasMessageContaining("did you mean python3?");
    }

    @ParameterizedTest
    @CsvSource({
        "python3, main.handler, main.py",
        "python3, pkg.mod.run, pkg/mod.py",
        "node, lib/index.handler, lib/index.js",
        "native, stdio, program",
    })
    void theHandlerNamesTheFile(String runtime, String handler, String file) throws InvalidException {
        FunctionSpec spec = check("{'name':'a','runtime':'" + runtime + "','handler':'" + handler + "','code':'x'}");
        assertThat(spec.sourceFile()).isEqualTo(file);
    }

    @ParameterizedTest
    @CsvSource({
        "python3, ../etc.passwd",
        "python3, main.",
        "python3, main.a-b",
        "node, ../x.handler",
        "node, /etc/x.handler",
        "node, a//b.handler",
        "native, ./program",
    })
    void handlersCannotLeaveTheCode(String runtime, String handler) {
        assertThat(problems("{'name':'a','runtime':'" + runtime + "','handler':'" + handler + "','code':'x'}"))
                .singleElement()
                .asString()
                .startsWith("handler: ");
    }

    @Test
    void thePathNamesTheFunctionOfAPut() throws InvalidException {
        FunctionRequest unnamed = request("{'runtime':'node','code':'x'}");
        assertThat(FunctionSpec.of(unnamed, Optional.of("b"), DEFAULTS).name()).isEqualTo("b");
        FunctionRequest other = request("{'name':'a','runtime':'node','code':'x'}");
        assertThat(catchThrowableOfType(
                        InvalidException.class, () -> FunctionSpec.of(other, Optional.of("b"), DEFAULTS)))
                .hasMessageContaining("name in the path");
        assertThat(problems("{'runtime':'node','code':'x'}")).containsExactly("name: required");
    }

    @Test
    void sizesAreLimited() {
        String longName = "n".repeat(Limits.NAME_CHARS_MAX + 1);
        assertThat(problems("{'name':'" + longName + "','runtime':'node','code':'x'}"))
                .containsExactly("name: must have 1 to 64 characters; has 65");
        String source = "x".repeat(Limits.SOURCE_BYTES_MAX + 1);
        assertThat(problems("{'name':'a','runtime':'node','code':'" + source + "'}"))
                .singleElement()
                .asString()
                .startsWith("code: must not be over");
        String value = "x".repeat(Limits.ENV_BYTES_MAX);
        assertThat(problems("{'name':'a','runtime':'node','code':'x','env':{'A':'" + value + "'}}"))
                .singleElement()
                .asString()
                .startsWith("env: must not be over");
        assertThat(problems("{'name':'a','runtime':'node','archive':'AAAA'}"))
                .singleElement()
                .asString()
                .startsWith("archive: must be a zip or tar.gz");
    }

    private static FunctionSpec check(String json) throws InvalidException {
        return FunctionSpec.of(request(json), Optional.empty(), DEFAULTS);
    }

    private static FunctionRequest request(String json) throws InvalidException {
        return Json.read(json.replace('\'', '"').getBytes(UTF_8), FunctionRequest.class);
    }

    private static List<String> problems(String json) {
        InvalidException e = catchThrowableOfType(InvalidException.class, () -> check(json));
        return e.problems().stream().map(FieldProblem::toString).toList();
    }
}
