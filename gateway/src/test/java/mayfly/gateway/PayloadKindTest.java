package mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import mayfly.api.InvalidException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a handler gets a payload decoded or as bytes. */
class PayloadKindTest {
    private static boolean json(@Nullable String type, String payload) throws InvalidException {
        return InvokeCalls.checkedJson(type, payload.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, '{\"a\": 1}', true",
        "application/json; charset=utf-8, 1, true",
        "APPLICATION/JSON, null, true",
        "application/cloudevents+json, [], true",
        "application/x-www-form-urlencoded, '{}', true",
        "application/x-www-form-urlencoded, a=1, false",
        "'', '{}', true",
        "'', '{', false",
        "application/octet-stream, '{}', false",
        "text/plain, 1, false",
        "application/json, '', true",
        "text/plain, '', true",
        "applicationjson, 1, false"
    })
    void byWhatTheCallerSaysAndWhatItLooksLike(String type, String payload, boolean json) throws InvalidException {
        assertThat(json(type, payload)).isEqualTo(json);
    }

    @Test
    void withoutATypeItIsJsonIfItLooksLikeIt() throws InvalidException {
        assertThat(json(null, "[1]")).isTrue();
        assertThat(json(null, "[1")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, '{'",
        "application/json, '1 2'",
        "application/problem+json, nul",
        "application/json, ' '"
    })
    void whatIsCalledJsonMustBeJson(String type, String payload) {
        assertThatThrownBy(() -> json(type, payload)).isInstanceOf(InvalidException.class);
    }
}
