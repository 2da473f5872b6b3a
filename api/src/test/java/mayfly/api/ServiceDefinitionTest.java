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
import org.junit.jupiter.params.provider.ValueSource;

class ServiceDefinitionTest {
    @Test
    void fillsInWhatWasNotSaid() throws InvalidException {
        ServiceDefinition service = check("{'name':'web','program':['python3','-m','http.server']}");
        assertThat(service.mode()).isEqualTo(ServiceMode.EPHEMERAL);
        assertThat(service.listen().text()).isEqualTo("127.0.0.1:0");
        assertThat(service.guestPort()).isEmpty();
        assertThat(service.workers()).isEqualTo(8);
        assertThat(service.waitingMax()).isEqualTo(256);
        assertThat(service.warmup()).isZero();
        assertThat(service.memoryMb()).isEqualTo(256);
        assertThat(service.requestTimeoutMs()).isEqualTo(300_000);
        assertThat(service.directory()).isEqualTo("/");
        assertThat(service.isolation()).isEqualTo(Isolation.ANY);
        assertThat(Json.read(Json.write(service), ServiceDefinition.class)).isEqualTo(service);
        assertThat(service.withWorkers(3).workers()).isEqualTo(3);
        assertThat(service.withWorkers(8)).isEqualTo(service);
    }

    @Test
    void tellsEverythingThatIsWrongAtOnce() {
        assertThat(problems("{'name':'Web','program':['a','b\\u0000'],'listen':{'host':'a b','port':65536},"
                        + "'guest_port':0,'workers':0,'waiting_max':0,'warmup':1001,'env':{'MAYFLY_A':'x'},"
                        + "'allow_read':['/ok','no'],'memory_mb':1,'request_timeout_ms':0,'idle_after_ms':999,"
                        + "'directory':'tmp'}"))
                .containsExactly(
                        "name: may have a-z, 0-9, - and _ and must start with a letter or digit",
                        "program[1]: must not hold a NUL character",
                        "listen.port: must be from 0 to 65535; found 65536",
                        "listen.host: must be an address of the node's host, like 127.0.0.1, 0.0.0.0 or ::1; found \"a b\"",
                        "guest_port: must be from 1 to 65535; found 0",
                        "workers: must be from 1 to 64; found 0",
                        "waiting_max: must be from 1 to 1024; found 0",
                        "warmup: must be from 0 to 1000; found 1001",
                        "env.MAYFLY_A: names that start with MAYFLY_ are reserved",
                        "directory: must be an absolute path; found \"tmp\"",
                        "allow_read[1]: must be an absolute path; found \"no\"",
                        "memory_mb: must be from 16 to 16384; found 1",
                        "request_timeout_ms: must be from 1 to 604800000; found 0",
                        "idle_after_ms: must be from 1000 to 604800000; found 999");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "db:5432, db, 5432",
                "db-1.my_net.example:1, db-1.my_net.example, 1",
                "10.0.0.7:80, 10.0.0.7, 80",
                "[2001:db8::1]:443, 2001:db8::1, 443",
            })
    void connectsTo(String text, String host, int port) throws InvalidException {
        assertThat(ServiceDestination.parse(text)).contains(new ServiceDestination(host, port));
        assertThat(check("{'name':'web','program':['a'],'allow_connect':['" + text + "']}")
                        .allowConnect())
                .containsExactly(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "db",
                ":80",
                "db:",
                "db:0",
                "db:65536",
                "2001:db8::1:443",
                "[db]:80",
                "*:80",
                "db:80/tcp",
                "-a:1",
                "a b:1"
            })
    void connectsNowhereElse(String text) {
        assertThat(problems("{'name':'web','program':['a'],'allow_connect':['" + text + "']}"))
                .containsExactly("allow_connect[0]: must look like db.example:5432, 10.0.0.7:80 or [2001:db8::1]:443;"
                        + " found \"" + text + "\"");
    }

    @Test
    void volumesAreTwoPlainPaths() {
        assertThat(ServiceVolume.parse("/srv/data:/data")).contains(new ServiceVolume("/srv/data", "/data"));
        assertThat(ServiceVolume.parse("/srv/data")).contains(new ServiceVolume("/srv/data", "/srv/data"));
        for (String wrong : List.of("data:/data", "/a:b", "/a:/", "/:/a", "/a/../b:/c", "/a:/b:/c", "/a://b", "/a:")) {
            assertThat(problems("{'name':'web','program':['a'],'volumes':['" + wrong + "']}"))
                    .containsExactly(
                            "volumes[0]: must be two absolute paths like /srv/data:/data; found \"" + wrong + "\"");
        }
    }

    @Test
    void aSharedServiceHasManyConnectionsAndNoHurry() throws InvalidException {
        ServiceDefinition service = check("{'name':'db','program':['redis-server'],'mode':'shared'}");
        assertThat(service.workers()).isEqualTo(256);
        assertThat(service.requestTimeoutMs()).isEqualTo(Limits.SERVICE_CONNECTION_MAX.toMillis());
        assertThat(service.idleAfterMs()).isEmpty();
        assertThat(problems("{'name':'db','program':['redis-server'],'mode':'shared','workers':1025}"))
                .containsExactly("workers: must be from 1 to 1024; found 1025");
        assertThat(new ServiceScale(65).check(ServiceMode.SHARED).workers()).isEqualTo(65);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'isolation':'wasm'| isolation: a server runs in virtual machines or in processes",
            })
    void whatIsNotBuiltIsRefusedByName(String field, String problem) {
        assertThat(problems("{'name':'web','program':['a']," + field + "}"))
                .singleElement()
                .asString()
                .startsWith(problem);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "{}, 127.0.0.1:0",
                "{'port':80}, 127.0.0.1:80",
                "{'host':'0.0.0.0'}, 0.0.0.0:0",
                "{'host':'::1';'port':8080}, [::1]:8080",
                "{'unix':'/run/web.sock'}, unix:/run/web.sock",
            })
    void listens(String listen, String text) throws InvalidException {
        ServiceDefinition service = check("{'name':'web','program':['a'],'listen':" + listen.replace(';', ',') + "}");
        assertThat(service.listen().text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "{'unix':'/a';'port':1}, `listen: give unix, or host and port`",
                "{'unix':'a'}, listen.unix: must be an absolute path; found \"a\"",
                "{'port':-1}, listen.port: must be from 0 to 65535; found -1",
            })
    void listensNowhereElse(String listen, String problem) {
        assertThat(problems("{'name':'web','program':['a'],'listen':" + listen.replace(';', ',') + "}"))
                .containsExactly(problem);
    }

    @Test
    void sizesAndCountsHaveLimits() {
        String path = "/" + "x".repeat(Limits.UNIX_PATH_BYTES_MAX);
        assertThat(problems("{'name':'web','program':['a'],'listen':{'unix':'" + path + "'}}"))
                .containsExactly("listen.unix: must not be over 107 bytes; has 108");
        String many = "'/a',".repeat(Limits.SERVICE_DIRECTORIES_MAX) + "'/a'";
        assertThat(problems("{'name':'web','program':['a'],'allow_read':[" + many + "]}"))
                .containsExactly("allow_read: must not be more than 64; found 65");
        assertThat(problems("{'name':'web','program':[]}"))
                .containsExactly("program: must have at least the name of a program");
        assertThat(problems("{'program':['a']}")).containsExactly("name: required");
    }

    @Test
    void theNameInThePathCounts() throws InvalidException {
        ServiceRequest request = Json.read("{\"program\":[\"a\"]}".getBytes(UTF_8), ServiceRequest.class);
        assertThat(ServiceDefinition.of(request, Optional.of("web")).name()).isEqualTo("web");
        InvalidException e = catchThrowableOfType(
                InvalidException.class,
                () -> ServiceDefinition.of(
                        Json.read("{\"name\":\"a\",\"program\":[\"a\"]}".getBytes(UTF_8), ServiceRequest.class),
                        Optional.of("b")));
        assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_INVALID);
        assertThat(e).hasMessageContaining("name: must be the name in the path");
    }

    @Test
    void scalesHaveARange() throws InvalidException {
        assertThat(new ServiceScale(64).check(ServiceMode.EPHEMERAL).workers()).isEqualTo(64);
        assertThat(catchThrowableOfType(
                        InvalidException.class, () -> new ServiceScale(65).check(ServiceMode.EPHEMERAL)))
                .hasMessage("workers: must be from 1 to 64; found 65");
    }

    private static ServiceDefinition check(String json) throws InvalidException {
        return ServiceDefinition.of(
                Json.read(json.replace('\'', '"').getBytes(UTF_8), ServiceRequest.class), Optional.empty());
    }

    private static List<String> problems(String json) {
        InvalidException e = catchThrowableOfType(InvalidException.class, () -> check(json));
        return e.problems().stream().map(FieldProblem::toString).toList();
    }
}
