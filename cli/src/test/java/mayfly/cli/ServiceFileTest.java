package mayfly.cli;

import static mayfly.cli.FakeNode.json;
import static mayfly.cli.FakeNode.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mayfly.api.Json;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceRequest;
import org.junit.jupiter.api.Test;

/** Services that a file declares. */
class ServiceFileTest extends CliCase {
    private static final Path EXAMPLE = Path.of("../examples/services/services.toml");

    private Path file(String text) throws Exception {
        return Files.writeString(dir.resolve("services.toml"), text);
    }

    @Test
    void theExampleSaysWhatItMeans() throws Exception {
        List<ServiceDefinition> services = ServiceFile.read(EXAMPLE).stream()
                .map(ServiceFile.Declared::definition)
                .toList();
        Path examples = EXAMPLE.toAbsolutePath().normalize().getParent().getParent();
        String code = examples.resolve("serve-python").toString();
        ServiceDefinition visits = services.getFirst();
        assertThat(visits.name()).isEqualTo("visits");
        assertThat(visits.directory()).isEqualTo(code);
        assertThat(visits.allowRead()).containsExactly(code);
        assertThat(visits.listen().text()).isEqualTo("127.0.0.1:8080");
        assertThat(visits.requestTimeoutMs()).isEqualTo(60_000);
        ServiceDefinition files = services.getLast();
        assertThat(files.listen().text()).isEqualTo("unix:/tmp/mayfly-files.sock");
        assertThat(files.env()).containsExactly(Map.entry("PYTHONUNBUFFERED", "1"));
        assertThat(files.allowRead())
                .containsExactly(
                        examples.resolve("services").toString(),
                        examples.resolve("hello-python").toString());
    }

    @Test
    void everyPathIsRelativeToTheFile() throws Exception {
        ServiceRequest service = ServiceFile.read(file("""
                        [[services]]
                        name = "a"
                        program = ["./server"]
                        directory = "sub/../app"
                        allow_read = ["data", "/srv"]
                        listen.unix = "a.sock"
                        """)).getFirst().request();
        assertThat(service.directory()).contains(dir.resolve("app").toString());
        assertThat(service.allowRead())
                .containsExactly(
                        dir.resolve("app").toString(), dir.resolve("data").toString(), "/srv");
        assertThat(service.listen().orElseThrow().text()).isEqualTo("unix:" + dir.resolve("a.sock"));
        assertThat(service.program()).containsExactly("./server");
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        wrong("services = 1", "services: must be an array");
        wrong("[[service]]\nname = 'a'", "service: unknown field; did you mean services?");
        wrong(
                "[[services]]\nname = 'a'\nprogramm = ['a']",
                "services[0].programm: unknown field; did you mean program?");
        wrong("[[services]]\nname = 'a'\nprogram = 'a'", "services[0].program: must be an array");
        wrong("[[services]]\nprogram = ['a']", "services[0].name");
        wrong("[[services]]\nname = 'a'\nprogram = ['a']\nworkers = 0", "services[0].workers");
        wrong("[[services]]\nname = 'a'\nprogram = ['a']\nlisten = { ports = 1 }", "services[0].listen.ports");
        String one = "[[services]]\nname = 'a'\nprogram = ['a']\n";
        wrong(one + one, "services[1].name: there is a service a already");
        wrong("", "no service");
        wrong("[[services]\n", "services.toml:1:");
        assertThat(run("serve", "--file", dir.resolve("none.toml").toString())).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("there is no file");
        assertThat(run("serve", "--file", EXAMPLE.toString(), "--workers", "2")).isEqualTo(Exit.USAGE);
        assertThat(err()).contains("--workers");
        assertThat(run("serve")).isEqualTo(Exit.USAGE);
        assertThat(node.asked).isEmpty();
    }

    private void wrong(String text, String said) throws Exception {
        Path file = file(text);
        assertThatThrownBy(() -> ServiceFile.read(file))
                .as(text)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(said)
                .hasMessageContaining("services.toml");
        assertThat(run("serve", "--file", file.toString())).isEqualTo(Exit.USAGE);
    }

    @Test
    void eachServiceIsDeclaredAndOneThatFailsHoldsUpNoOther() throws Exception {
        node.on("POST /api/v1/services/visits/declare", problem(422, "service.init_failed", "it ended"))
                .on(
                        "POST /api/v1/services/files/declare",
                        json(200, "{\"change\":\"created\",\"service\":" + ServiceCliTest.service("files", 1) + "}"));
        assertThat(run("serve", "--file", EXAMPLE.toString())).isEqualTo(Exit.FAILED);
        assertThat(out()).isEqualTo("files created, version 1, serves 127.0.0.1:8080\n");
        assertThat(err()).contains("service visits: it ended");
        ServiceRequest asked = Json.read(node.asked.getFirst().body(), ServiceRequest.class);
        assertThat(asked.guestPort()).contains(8000);
    }
}
