package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import mayfly.core.actor.CrashPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every form of address; the answers are those of the real engine, 2.3.19. */
class RoutingTest {
    private static Target of(String target) {
        return Routing.of(new Routing.Head(target, null, null, false, List.of(), "h"));
    }

    private static Target withHeaders(String target, String kind, String actor) {
        return Routing.of(new Routing.Head(target, kind, actor, false, List.of(), "h"));
    }

    private static Target webSocket(String target, String... protocols) {
        return Routing.of(new Routing.Head(target, null, null, true, List.of(protocols), "h"));
    }

    private static String wrong(Target target) {
        return target instanceof Target.Wrong(var error) ? error.status() + " " + error.name() : target.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "/gateway/act1, act1, /",
        "/gateway/act1?, act1, /?",
        "/gateway/act1?q=1, act1, /?q=1",
        "/gateway/act1/, act1, /",
        "/gateway/act1/a%20b/c?x=1&y=%41&&z, act1, /a%20b/c?x=1&y=%41&&z",
        "/gateway/act1//x, act1, //x",
        "/gateway/act1@tok/p, act1, /p",
        "/gateway/act1@to%2Fk/p/@x, act1, /p/@x",
        "/gateway/act1@a@b/p, act1, /p",
        "/gateway/act1@tok?x=rvt-a, act1, /?x=rvt-a",
        "/gateway/a%63t1/p, act1, /p",
        "/gateway/act1%40tok/p, act1@tok, /p",
        "/gateway/act1/p?a=/gateway/b, act1, /p?a=/gateway/b",
        "/gateway/act1?a=b/c, act1, /?a=b/c",
    })
    void anActorById(String target, String id, String path) {
        assertThat(of(target)).isEqualTo(new Target.ById(id, path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/gateway",
                "/gateway/",
                "/gateway//x",
                "/gateway/@tok/x",
                "/gateway/act1@/x",
                "/gateway/%ff/x",
                "/gatewayx/a",
                "/request/x",
                "/runners",
                "/runners/connectx",
                "/runners/connect/x",
                "*",
                "/api/v1/health",
                "/x?/gateway/a/b"
            })
    void somethingElse(String target) {
        assertThat(of(target)).isEqualTo(new Target.Other());
    }

    @ParameterizedTest
    @CsvSource({
        "a%2Cb, a/b", // decoded before it is split
        "'a%2Cb,c%2Fd', a/b/c\\/d",
        "'', /",
        "a+b, a b",
        "'a,,b', a/\\0/b",
        "',', \\0/\\0",
        "%5C%2F, \\\\\\/",
    })
    void keys(String given, String key) {
        Target target = of("/gateway/kk/x?rvt-namespace=n&rvt-method=get&rvt-key=" + given);
        assertThat(target)
                .isInstanceOfSatisfying(
                        Target.ByName.class, it -> assertThat(it.name().key()).isEqualTo(key));
    }

    @ParameterizedTest
    @CsvSource({
        "/gateway/n/p%20q?a=1&rvt-namespace=d&rvt-method=get&b=%20&&c, /p%20q?a=1&b=%20&&c",
        "/gateway/n?rvt-namespace=d&rvt-method=get, /",
        "/gateway/n/?rvt-namespace=d&rvt-method=get&x, /?x",
        "/gateway/n/p?x&rvt-namespace=d&rvt-method=get&y=rvt-z, /p?x&y=rvt-z",
    })
    void ourParametersAreTakenOutAndTheOthersLeftAsTheyAre(String target, String path) {
        assertThat(of(target)).isInstanceOfSatisfying(Target.ByName.class, it -> {
            assertThat(it.path()).isEqualTo(path);
            assertThat(it.name())
                    .isEqualTo(new Target.Name("d", "n", "/", it.name().wanted()));
            assertThat(it.name().wanted()).isEmpty();
        });
    }

    @Test
    void anActorThatIsMadeWhenMissing() {
        Target target = of("/gateway/k%6B/x?rvt-namespace=default&rvt-method=getOrCreate&rvt-pool=p&rvt-key=a"
                + "&rvt-crash-policy=restart&rvt-input=_-8&rvt-region=default&rvt-token=t&rvt-skip-ready-wait=true");
        Target.Name name = ((Target.ByName) target).name();
        assertThat(name.name()).isEqualTo("kk");
        Target.Wanted wanted = name.wanted().orElseThrow();
        assertThat(wanted.pool()).isEqualTo("p");
        assertThat(wanted.crashPolicy()).isEqualTo(CrashPolicy.RESTART);
        assertThat(wanted.input().orElseThrow()).containsExactly(0xff, 0xef);
        Target plain = of("/gateway/kk/x?rvt-namespace=default&rvt-method=getOrCreate&rvt-runner=p");
        assertThat(((Target.ByName) plain).name().wanted().orElseThrow().crashPolicy())
                .isEqualTo(CrashPolicy.SLEEP);
    }

    @ParameterizedTest
    @CsvSource({
        "rvt-foo=1, query_invalid_params",
        "rvt-namespace=d, query_invalid_params",
        "rvt-method=get, query_invalid_params",
        "rvt-namespace=d&rvt-method=bad, query_invalid_params",
        "rvt-namespace=d&rvt-method=getOrCreate, query_missing_pool",
        "rvt-namespace=d&rvt-method=get&rvt-crash-policy=sleep, query_get_disallowed_params",
        "rvt-namespace=d&rvt-method=get&rvt-key=x&rvt-key=y, query_duplicate_param",
        "rvt-namespace=d&rvt-method=get&rvt-key=%ff, query_invalid_percent_encoding",
        "rvt-namespace=d&rvt-method=getOrCreate&rvt-pool=p&rvt-input=aGVsbG8%3D, query_invalid_base64_input",
        "rvt-namespace=d&rvt-method=getOrCreate&rvt-pool=p&rvt-input=***, query_invalid_base64_input",
        "rvt-namespace=d&rvt-method=getOrCreate&rvt-pool=p&rvt-crash-policy=bad, query_invalid_params",
    })
    void wrongParameters(String query, String code) {
        assertThat(wrong(of("/gateway/kk/x?" + query))).isEqualTo("400 guard." + code);
    }

    @Test
    void aTokenInThePathDoesNotGoWithParameters() {
        assertThat(wrong(of("/gateway/kk@tok/x?rvt-namespace=d&rvt-method=get")))
                .isEqualTo("400 guard.query_path_token_syntax");
    }

    @Test
    void headersNameAnActorForRequestPathsOnly() {
        for (String path : new String[] {"/request", "/request/", "/request/x/y?q", "/request?q"}) {
            assertThat(withHeaders(path, "actor", "act1")).isEqualTo(new Target.ById("act1", path));
        }
        for (String path : new String[] {"/", "/requestx", "/other/request/"}) {
            assertThat(wrong(withHeaders(path, "actor", "act1"))).isEqualTo("404 guard.no_route");
        }
        assertThat(wrong(withHeaders("/request/x", "foo", "act1"))).isEqualTo("404 guard.no_route");
        assertThat(wrong(withHeaders("/request/x", "actor", null))).isEqualTo("400 guard.missing_header");
        assertThat(withHeaders("/any", "runner", null)).isEqualTo(new Target.RunnerSocket());
    }

    @Test
    void subprotocolsNameAnActorForAnyPath() {
        assertThat(webSocket("/any/path?q=%20", "rivet", "rivet_target.actor", "rivet_actor.act1", "rivet_token.t"))
                .isEqualTo(new Target.ById("act1", "/any/path?q=%20"));
        assertThat(wrong(webSocket("/any", "rivet", "rivet_target.actor"))).isEqualTo("400 guard.missing_header");
        assertThat(wrong(webSocket("/any", "rivet", "rivet_target.else"))).isEqualTo("404 guard.no_route");
        assertThat(webSocket("/any", "rivet", "rivet_target.runner")).isEqualTo(new Target.RunnerSocket());
        assertThat(webSocket("/any", "rivet")).isEqualTo(new Target.Other());
        assertThat(webSocket("/gateway/act1/x", "rivet")).isEqualTo(new Target.ById("act1", "/x"));
        assertThat(webSocket("/runners/connect?a=b")).isEqualTo(new Target.RunnerSocket());
    }

    @Test
    void noTargetThrows() {
        long seed = Long.getLong("mayfly.seed", System.nanoTime());
        System.out.println("fuzz seed: -Dmayfly.seed=" + seed);
        Random random = new Random(seed);
        String[] pieces = {
            "/gateway/",
            "/",
            "@",
            "?",
            "&",
            "=",
            "%",
            "%2",
            "%zz",
            "%2F",
            "%ff",
            "rvt-",
            "rvt-key=",
            "rvt-namespace=d",
            "&rvt-method=get",
            "&rvt-method=getOrCreate",
            "rvt-pool=p",
            "&rvt-input=",
            "a",
            "é",
            ",",
            "+",
            "request",
            "\\"
        };
        for (int round = 0; round < 200_000; round++) {
            StringBuilder target = new StringBuilder(random.nextInt(4) > 0 ? "/gateway/" : "/");
            for (int i = random.nextInt(10); i > 0; i--) {
                target.append(pieces[random.nextInt(pieces.length)]);
            }
            switch (of(target.toString())) {
                case Target.ById it -> assertThat(it.path()).startsWith("/");
                case Target.ByName it -> {
                    assertThat(it.path()).startsWith("/");
                    assertThat(it.path().split("\\?", 2)[0]).isEqualTo(pathOf(target.toString()));
                }
                case Target.Wrong it ->
                    assertThat(Answers.json(it.error()).length).isLessThan(4_000);
                case Target.RunnerSocket _, Target.Other _ -> {}
            }
        }
    }

    /** The forwarded path, found another way. */
    private static String pathOf(String target) {
        String path = target.split("\\?", 2)[0].substring("/gateway/".length());
        int slash = path.indexOf('/');
        return slash < 0 ? "/" : path.substring(slash);
    }

    @Test
    void errorsAreRivets() {
        assertThat(new String(Answers.json(GuardError.missingHeader("x-rivet-actor")), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"group\":\"guard\",\"code\":\"missing_header\",\"message\":\"Missing x-rivet-actor header.\","
                                + "\"metadata\":{\"header\":\"x-rivet-actor\"}}");
        assertThat(new String(Answers.json(GuardError.noActor()), StandardCharsets.UTF_8))
                .isEqualTo("{\"group\":\"actor\",\"code\":\"not_found\",\"message\":\"The actor does not exist or was"
                        + " destroyed.\"}");
    }
}
