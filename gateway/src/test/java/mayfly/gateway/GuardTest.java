package mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import mayfly.api.FunctionSpec;
import mayfly.api.Isolation;
import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {
    private static final FunctionSpec.Defaults DEFAULTS = new FunctionSpec.Defaults(128, 30_000, Isolation.ANY, 100, 8);
    private static final String TOKEN = "s3cret-tökén";

    private static Guard open(String... hosts) {
        return new Guard(new GatewaySpec(Optional.empty(), Set.of(hosts), DEFAULTS, "test"));
    }

    private static Guard closed() {
        return new Guard(new GatewaySpec(Optional.of(TOKEN), Set.of(), DEFAULTS, "test"));
    }

    private static void refused(ThrowingCallable check, ErrorCode code) {
        assertThatThrownBy(check)
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST",
                "localhost:8080",
                "127.0.0.1",
                "127.0.0.1:1",
                "[::1]",
                "[::1]:8080",
                "node.example",
                "Node.Example:443"
            })
    void namesOfThisNodeAreLetIn(String host) {
        assertThatCode(() -> open("node.example").check(null, host, null, false))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":80",
                "evil.example",
                "localhost.evil.example",
                "evil.example:80",
                "xlocalhost",
                "localhost:80:80",
                "127.0.0.1.nip.io",
                "127.0.0.2",
                "[::2]",
                "[::1",
                "::1",
                "localhost.",
                "evil.example@localhost:80"
            })
    void namesThatOnlyPointHereAreNot(String host) {
        refused(() -> open().check(null, host, null, false), ErrorCode.REQUEST_FORBIDDEN);
        refused(() -> open().check(null, host, null, true), ErrorCode.REQUEST_FORBIDDEN);
    }

    @Test
    void noNameAtAllIsNotThisNodes() {
        refused(() -> open().check(null, null, null, false), ErrorCode.REQUEST_FORBIDDEN);
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost, true",
        "http://localhost:3000, true",
        "https://127.0.0.1:8443, true",
        "http://[::1]:80, true",
        "https://node.example, true",
        "https://evil.example, false",
        "http://localhost.evil.example, false",
        "http://localhost@evil.example, false",
        "null, false",
        "file://, false",
        "not a url, false",
        "'', false"
    })
    void pagesOfOtherSitesAreNotLetIn(String origin, boolean letIn) {
        ThrowingCallable check = () -> open("node.example").check(null, "localhost", origin, false);
        if (letIn) {
            assertThatCode(check).doesNotThrowAnyException();
        } else {
            refused(check, ErrorCode.REQUEST_FORBIDDEN);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer " + TOKEN, "bearer " + TOKEN, "BEARER   " + TOKEN + "  "})
    void whoHasTheTokenComesFromWhereverHeLikes(String authorization) {
        assertThatCode(() -> closed().check(authorization, "evil.example", "https://evil.example", false))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                TOKEN,
                "Basic " + TOKEN,
                "Bearer " + TOKEN + "x",
                "Bearer x" + TOKEN,
                "Bearer s3cret",
                "Bearer Bearer " + TOKEN
            })
    void everythingElseIsNoToken(String authorization) {
        refused(() -> closed().check(authorization, "localhost", null, false), ErrorCode.REQUEST_UNAUTHORIZED);
    }

    @Test
    void openRoutesNeedNoToken() {
        assertThatCode(() -> closed().check(null, "any.example", null, true)).doesNotThrowAnyException();
        refused(() -> closed().check(null, "localhost", null, false), ErrorCode.REQUEST_UNAUTHORIZED);
    }

    /** Whatever is sent: let in or refused by name, the token is never told, and what is told can be printed. */
    @Test
    void nothingThatIsSentBreaksIt() {
        long seed = Long.getLong("mayfly.seed", new Random().nextLong());
        Random random = new Random(seed);
        List<String> parts = List.of(
                "localhost",
                ":",
                "80",
                "[",
                "]",
                "::1",
                "http://",
                "Bearer ",
                "\u0000",
                "é",
                "💥",
                "%",
                " ",
                "@",
                "\r\n",
                ".");
        for (int i = 0; i < 5_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(60); n > 0; n--) {
                text.append(parts.get(random.nextInt(parts.size())));
            }
            String sent = text.toString();
            for (Guard guard : List.of(open(), closed())) {
                try {
                    guard.check(sent, sent, sent, false);
                } catch (RefusedException e) {
                    String told = String.valueOf(e.getMessage());
                    assertThat(told)
                            .as("seed %s", seed)
                            .matches("[ -~]*")
                            .doesNotContain(TOKEN)
                            .hasSizeLessThan(300);
                }
            }
        }
    }
}
