package mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import mayfly.api.InvalidException;
import mayfly.api.Route;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
    @Test
    void whatWasSentIsDecoded() throws InvalidException {
        Query query = Query.of(Route.FUNCTION_LIST, "/api/v1/functions?prefix=a%20b+c&tag=%C3%BC%3D1&limit=7");
        assertThat(query.text("prefix")).isEqualTo("a b c");
        assertThat(query.text("tag")).isEqualTo("ü=1");
        assertThat(query.limit()).isEqualTo(7);
        assertThat(query.text("cursor")).isNull();
    }

    @Test
    void whatWasNotSentHasItsDefault() throws InvalidException {
        for (String target : List.of("/api/v1/functions", "/api/v1/functions?")) {
            Query query = Query.of(Route.FUNCTION_LIST, target);
            assertThat(query.limit()).isEqualTo(100);
            assertThat(query.whole("limit", 1, 10, 3)).isEqualTo(3);
            assertThat(query.text("prefix")).isNull();
        }
        assertThat(Query.of(Route.TASK_LOGS, "/x?follow").flag("follow")).isTrue();
        assertThat(Query.of(Route.TASK_LOGS, "/x?follow=false").flag("follow")).isFalse();
        assertThat(Query.of(Route.TASK_LOGS, "/x").flag("follow")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=1001",
                "limit=-1",
                "limit=1e3",
                "limit=",
                "limit=99999999999999999999",
                "limit=1&limit=2",
                "Limit=1",
                "prefix=%zz",
                "prefix=%C3",
                "nothing=1",
                "&",
                "=1"
            })
    void whatTheRouteDoesNotTakeIsRefused(String query) {
        assertThatThrownBy(() -> Query.of(Route.FUNCTION_LIST, "/api/v1/functions?" + query)
                        .limit())
                .isInstanceOf(InvalidException.class);
    }

    /** Any query is understood or refused; a limit that is understood is within its range. */
    @Test
    void nothingThatIsSentBreaksIt() {
        long seed = Long.getLong("mayfly.seed", new Random().nextLong());
        Random random = new Random(seed);
        List<String> parts =
                List.of("limit", "=", "&", "%", "%41", "+", "1", "00", "-", "prefix", "?", "\u0000", "ü", "💥");
        int understood = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder("/api/v1/functions?");
            for (int n = random.nextInt(8); n > 0; n--) {
                text.append(parts.get(random.nextInt(parts.size())));
            }
            try {
                assertThat(Query.of(Route.FUNCTION_LIST, text.toString()).limit())
                        .as("seed %s: %s", seed, text)
                        .isBetween(1, Limits.LIST_PAGE_MAX);
                understood++;
            } catch (InvalidException e) {
                assertThat(e.getMessage()).as("seed %s: %s", seed, text).isNotBlank();
            }
        }
        assertThat(understood).isPositive();
    }
}
