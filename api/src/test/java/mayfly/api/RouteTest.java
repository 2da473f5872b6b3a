package mayfly.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteTest {
    @Test
    void everyRouteIsFoundByItsOwnPath() {
        for (Route route : Route.values()) {
            String path = route.path("ä/b c", "x");
            List<String> expected = route.template().contains("{") ? List.of("ä/b c") : List.of();
            assertThat(RouteMatch.of(route.method().name(), path)).isEqualTo(new RouteMatch.Found(route, expected));
        }
    }

    @Test
    void routesDiffer() {
        assertThat(Arrays.stream(Route.values())
                        .map(r -> r.method() + r.template().replaceAll("\\{.*?}", "{}")))
                .doesNotHaveDuplicates();
    }

    @Test
    void tellsWrongMethodsFromUnknownPaths() {
        assertThat(RouteMatch.of("PATCH", "/api/v1/functions/x"))
                .isEqualTo(new RouteMatch.WrongMethod(Set.of(HttpMethod.GET, HttpMethod.PUT, HttpMethod.DELETE)));
        assertThat(RouteMatch.of("HEAD", "/health")).isInstanceOf(RouteMatch.Found.class);
        for (String path : List.of(
                "/",
                "",
                "/api/v1/functions/",
                "/api/v1/functions/%zz",
                "/api/v1/functions/a%00",
                "/api/v1/functions/%c3",
                "/health/",
                "health",
                "/api/v1/functions/a%2")) {
            assertThat(RouteMatch.of("GET", path)).as(path).isEqualTo(new RouteMatch.Unknown());
        }
    }

    @Test
    void queriesAreChecked() throws InvalidException {
        QueryValues values = QueryValues.of(Route.TASK_LOGS, "stream=std%65rr&follow&offset=12");
        assertThat(values.text("stream")).contains("stderr");
        assertThat(values.flag("follow")).isTrue();
        assertThat(values.whole("offset", 0, 100, 0)).isEqualTo(12);
        assertThat(catchThrowableOfType(InvalidException.class, () -> values.whole("offset", 0, 11, 0)))
                .hasMessage("offset: must be from 0 to 11; found 12");
        assertThat(catchThrowableOfType(
                        InvalidException.class,
                        () -> QueryValues.of(Route.TASK_LOGS, "folow=true&offset=-1&follow=yes&stream=a&stream=b&%")))
                .hasMessage("folow: unknown parameter; did you mean follow?;"
                        + " offset: must be a whole number from 0; found \"-1\";"
                        + " follow: must be true or false; found \"yes\"; stream: given more than once;"
                        + " query: not valid percent-encoded UTF-8");
    }

    @Test
    void anyPathAndQueryIsMatchedOrRefused() {
        Random random = new Random(Long.getLong("mayfly.seed", 7L));
        String alphabet = "/%2aF&=+?tasks{}\u00e9 ";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder("/api/v1/tasks/");
            random.ints(random.nextInt(10), 0, alphabet.length()).forEach(i -> text.append(alphabet.charAt(i)));
            RouteMatch match = RouteMatch.of("GET", text.toString());
            if (match instanceof RouteMatch.Found(Route route, List<String> parameters)) {
                assertThat(RouteMatch.of("GET", route.path(parameters.toArray(String[]::new))))
                        .isEqualTo(match);
            }
            try {
                assertThat(QueryValues.of(Route.TASK_LIST, text.substring(14))).isNotNull();
            } catch (InvalidException e) {
                assertThat(e.problems()).isNotEmpty();
            }
        }
    }
}
