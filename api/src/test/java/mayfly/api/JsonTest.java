package mayfly.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    enum Colour {
        RED,
        DARK_BLUE
    }

    record Inner(String text, Optional<Integer> count) {}

    record Everything(
            String textField,
            int whole,
            long large,
            double real,
            boolean truth,
            Instant at,
            byte[] bytes,
            JsonValue any,
            Colour colour,
            List<Inner> inners,
            Map<String, String> names,
            Optional<String> maybe) {}

    private static final String FULL = """
            {"text_field":"a\\u00e9","whole":-3,"large":9007199254740993,"real":1.5,"truth":true,
             "at":"2026-01-31T08:00:00.123456Z","bytes":"AAH/","any":{"x":[1,null,1e400]},"colour":"dark_blue",
             "inners":[{"text":"x"},{"text":"y","count":2}],"names":{"K":"V"},"maybe":"m"}""";

    @Test
    void readsEveryKindOfField() throws InvalidException {
        Everything read = Json.read(FULL.getBytes(UTF_8), Everything.class);
        assertThat(read.textField()).isEqualTo("aé");
        assertThat(read.large()).isEqualTo(9007199254740993L);
        assertThat(read.at()).isEqualTo(Instant.parse("2026-01-31T08:00:00.123456Z"));
        assertThat(read.bytes()).containsExactly(0, 1, 255);
        assertThat(read.colour()).isEqualTo(Colour.DARK_BLUE);
        assertThat(read.inners()).containsExactly(new Inner("x", Optional.empty()), new Inner("y", Optional.of(2)));
        assertThat(read.names()).containsExactly(Map.entry("K", "V"));
    }

    @Test
    void writesWhatItReads() throws InvalidException {
        Everything read = Json.read(FULL.getBytes(UTF_8), Everything.class);
        assertThat(Json.text(read)).isEqualTo(FULL.replaceAll("\\s", "").replace("\\u00e9", "é"));
        assertThat(Json.pretty(read)).contains("\n  \"whole\" : -3,");
    }

    @Test
    void leavesOutWhatIsAbsent() throws InvalidException {
        assertThat(Json.text(new Inner("x", Optional.empty()))).isEqualTo("{\"text\":\"x\"}");
        assertThat(Json.read("{\"text\":\"x\",\"count\":null}".getBytes(UTF_8), Inner.class))
                .isEqualTo(new Inner("x", Optional.empty()));
    }

    @Test
    void tellsEverythingThatIsWrongAtOnce() {
        assertThat(problems("{\"textfield\":1,\"whole\":1.5,\"large\":true,\"at\":\"noon\",\"colour\":\"rde\","
                        + "\"bytes\":5,\"inners\":[{\"text\":7}],\"names\":{\"A\":1},\"real\":\"x\",\"truth\":0}"))
                .containsExactly(
                        "textfield: unknown field; did you mean text_field?",
                        "whole: must be a whole number; found the number 1.5",
                        "large: must be a whole number; found true",
                        "at: must be a time like 2026-01-31T08:00:00Z",
                        "colour: must be one of red, dark_blue; found \"rde\"; did you mean red?",
                        "bytes: must be a string in base64; found the number 5",
                        "inners[0].text: must be a string; found the number 7",
                        "names.A: must be a string; found the number 1",
                        "real: must be a number; found the string \"x\"",
                        "truth: must be true or false; found the number 0",
                        "text_field: required",
                        "any: required");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"text\":\"x\",\"text\":\"y\"} | text: given more than once",
                "{\"text\":null} | text: must not be null",
                "{\"text\":\"x\",\"count\":2147483648} | count: must be from -2147483648 to 2147483647",
                "{\"text\":\"x\",\"count\":99999999999999999999} | count: must be from -2147483648 to 2147483647",
                "{\"text\":\"\\ud800\"} | text: not valid Unicode: half of a surrogate pair",
                "[] | must be an object; found an array",
                "{\"text\":\"x\"} {} | not valid JSON: text after the value",
                "`` | not valid JSON: it is empty",
            })
    void namesTheProblem(String document, String problem) {
        InvalidException e =
                catchThrowableOfType(InvalidException.class, () -> Json.read(document.getBytes(UTF_8), Inner.class));
        assertThat(e.problems()).map(FieldProblem::toString).containsExactly(problem);
        assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void saysWhereTheSyntaxIsBroken() {
        assertThat(problems("{\"whole\":1,\n  oops}"))
                .singleElement()
                .asString()
                .contains("not valid JSON", "line 2");
        assertThat(problems("{\"bytes\":\"*\"")).last().asString().contains("bytes: must be a string in base64");
    }

    @Test
    void answersMayHaveFieldsWeDoNotKnow() throws InvalidException {
        byte[] newer = "{\"text\":\"x\",\"new\":{\"a\":[1]}}".getBytes(UTF_8);
        assertThat(Json.readAnswer(newer, Inner.class).text()).isEqualTo("x");
    }

    @Test
    void refusesOtherEncodingsThanUtf8() {
        byte[] wide = "{\"text\":\"x\"}".getBytes(java.nio.charset.StandardCharsets.UTF_16BE);
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.read(wide, Inner.class)))
                .isNotNull();
        byte[] broken = {'"', (byte) 0xc3, '"'};
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.check(broken)))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "\"x\"", " [1, {\"a\": []}] ", "{}", "-0.5e3"})
    void payloadsAreAnyJson(String payload) {
        assertThatCode(() -> Json.check(payload.getBytes(UTF_8))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "nul", "{", "[1,]", "1 2", "{\"a\":1}}", "'x'", "NaN", "\"\t\"", "[1"})
    void brokenPayloadsAreRefused(String payload) {
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.check(payload.getBytes(UTF_8))))
                .as(payload)
                .isNotNull();
    }

    @Test
    void depthIsLimited() {
        byte[] fits = ("[".repeat(Json.DEPTH_MAX) + "]".repeat(Json.DEPTH_MAX)).getBytes(UTF_8);
        byte[] deep = ("[".repeat(Json.DEPTH_MAX + 1) + "]".repeat(Json.DEPTH_MAX + 1)).getBytes(UTF_8);
        assertThatCode(() -> Json.check(fits)).doesNotThrowAnyException();
        assertThatCode(() -> Json.parse(fits)).doesNotThrowAnyException();
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.check(deep)))
                .hasMessageContaining("depth");
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.parse(deep)))
                .hasMessageContaining("depth");
    }

    @Test
    void brokenBase64IsToldByItsField() {
        record Blob(String name, byte[] bytes) {}
        byte[] text = "{\"name\":5,\"bytes\":\"!!!\"}".getBytes(UTF_8);
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.read(text, Blob.class)))
                .hasMessageContaining("name: must be a string")
                .hasMessageContaining("bytes: must be a string in base64");
        byte[] cut = "{\"bytes\":\"AAAA".getBytes(UTF_8);
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.read(cut, Blob.class)))
                .hasMessageContaining("not valid JSON");
    }

    @Test
    void textIsLimitedButNotBase64() throws InvalidException {
        record Blob(byte[] bytes) {}
        byte[] bytes = new byte[3 * Json.TEXT_CHARS_MAX];
        Arrays.fill(bytes, (byte) 7);
        String base64 = Base64.getEncoder().encodeToString(bytes);
        assertThat(Json.read(("{\"bytes\":\"" + base64 + "\"}").getBytes(UTF_8), Blob.class)
                        .bytes())
                .isEqualTo(bytes);
        byte[] text = ("{\"text\":\"" + "x".repeat(2 * Json.TEXT_CHARS_MAX) + "\"}").getBytes(UTF_8);
        assertThat(catchThrowableOfType(InvalidException.class, () -> Json.read(text, Inner.class)))
                .hasMessageContaining("length");
        assertThat(text.length).isLessThan(Limits.REQUEST_BODY_BYTES_MAX);
    }

    @Test
    void halfSurrogatesOfGuestsDoNotBreakAnswers() throws InvalidException {
        byte[] written = Json.write(new Inner("a\ud800b", Optional.empty()));
        assertThat(Json.read(written, Inner.class).text()).isEqualTo("a\ufffdb");
    }

    private static List<String> problems(String document) {
        InvalidException e = catchThrowableOfType(
                InvalidException.class, () -> Json.read(document.getBytes(UTF_8), Everything.class));
        return e.problems().stream().map(FieldProblem::toString).toList();
    }
}
