package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import mayfly.checks.rest.Reply;
import mayfly.checks.rest.Rest;
import org.junit.jupiter.api.Test;

/** What a task gets, what it prints, and what it can reach. */
class TaskPlaceTest extends TaskBed {
    @Test
    void outputComesWhileItRuns() throws Exception {
        String id = rest.started(
                Map.of(), "sh", "-c", "echo one; while [ ! -e go ]; do sleep 0.01; done; echo two; echo three >&2");
        HttpRequest follow = HttpRequest.newBuilder(URI.create(node.url() + path(id) + "/logs?follow=true"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient();
                InputStream body = client.send(follow, HttpResponse.BodyHandlers.ofInputStream())
                        .body();
                BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("one");
            assertThat(running(id).field("status")).isEqualTo("running");
            Files.createFile(node.data().resolve("tasks").resolve(id).resolve("go"));
            assertThat(lines.readLine()).isEqualTo("two");
            assertThat(lines.readLine()).as("it ends with the task").isNull();
        }
        assertThat(rest.taskEnded(id).field("status")).isEqualTo("succeeded");
        assertThat(errors(id)).isEqualTo("three\n");
    }

    @Test
    void outputCanBeFollowedFromTheFirstByteToTheLast() {
        String script = "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); sleep 0.01; done; printf end";
        String id = rest.started(Map.of("env", Map.of("A", "b")), "sh", "-c", script);
        List<CompletableFuture<Reply>> followers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            followers.add(rest.sendLater("GET", path(id) + "/logs?follow=true", new byte[0], Map.of()));
        }
        String whole = followers.getFirst().join().text();
        assertThat(whole).startsWith("line 0\n").endsWith("line 49\nend").hasLineCount(51);
        followers.forEach(follower -> assertThat(follower.join().text()).isEqualTo(whole));
        assertThat(output(id)).isEqualTo(whole);
        assertThat(rest.get(path(id) + "/logs?offset=7").text()).isEqualTo(whole.substring(7));
    }

    @Test
    void outputIsBytesAndWhole() {
        Reply ended = shell(Map.of(), "head -c 3000000 /dev/zero; printf '\\377\\000end'");
        byte[] all = rest.get(path(ended.field("id")) + "/logs").body();
        assertThat(all).hasSize(3_000_005).endsWith(0xff, 0, 'e', 'n', 'd');
    }

    /** What it is given, what every task has, and nothing of the node's own. */
    @Test
    void theEnvironmentIsTheTasksOwn() {
        Reply ended = rest.taskEnded(rest.started(Map.of("env", Map.of("A", "b c=ü\n", "LANG", "C")), "env", "-0"));
        String id = ended.field("id");
        assertThat(output(id).split("\0", -1))
                .contains("A=b c=ü\n", "LANG=C", "MAYFLY_TASK=" + id)
                .allMatch(entry -> entry.isEmpty()
                        || List.of("A", "LANG", "MAYFLY_TASK", "PATH", "HOME", Rest.MARK)
                                .contains(entry.split("=", 2)[0]));
        assertThat(ended.text()).as("values stay private").doesNotContain("b c=");
    }

    @Test
    void theWorkingDirectory() throws Exception {
        Reply own = shell(Map.of(), "pwd; touch made");
        Path expected = node.data().resolve("tasks").resolve(own.field("id"));
        assertThat(output(own.field("id"))).isEqualTo(expected.toRealPath() + "\n");
        assertThat(expected.resolve("made")).exists();
        Reply given = shell(Map.of("cwd", "/usr/bin"), "pwd");
        assertThat(output(given.field("id"))).isEqualTo("/usr/bin\n");
    }

    @Test
    void theMemoryLimit() {
        String[] eat = {"dd", "if=/dev/zero", "of=/dev/null", "bs=700M", "count=1"};
        Reply enough = rest.taskEnded(rest.started(Map.of(), eat));
        assertThat(enough.field("status")).as("%s", enough).isEqualTo("succeeded");
        Reply limited = rest.taskEnded(rest.started(Map.of("memory_mb", 64), eat));
        assertThat(limited.field("status")).as("%s", limited).isEqualTo("failed");
        assertThat(limited.json().path("exit_code").asInt()).isEqualTo(1);
        assertThat(errors(limited.field("id"))).contains("memory");
    }

    /** By a control group all of it is counted, and the kernel kills; without one each process is limited. */
    @Test
    void theMemoryLimitOfASandbox() {
        node.requireSandboxes();
        Reply limited = rest.taskEnded(rest.started(
                Map.of("isolation", "process", "memory_mb", 64),
                "dd",
                "if=/dev/zero",
                "of=/dev/null",
                "bs=700M",
                "count=1"));
        if (limited.field("status").equals("killed")) {
            assertThat(limited.field("reason")).isEqualTo("over its memory limit");
        } else {
            assertThat(limited.field("status")).as("%s", limited).isEqualTo("failed");
            assertThat(errors(limited.field("id"))).contains("memory");
        }
    }

    @Test
    void aSandboxedTaskSeesNoHost() {
        node.requireSandboxes();
        String neighbour = rest.started(Map.of(), "sh", "-c", "echo secret > mine; exec sleep 1000");
        Path secret = node.data().resolve("tasks").resolve(neighbour).resolve("mine");
        long outside = running(neighbour).json().path("pid").asLong();
        Reply ended = shell(
                Map.of("isolation", "process", "env", Map.of("SECRET", secret.toString(), "OUTSIDE", "" + outside)),
                "id -u; hostname; pwd; ls /proc | grep -c '^[0-9]'; cat /etc/shadow; cat $SECRET; kill -9 $OUTSIDE; "
                        + "touch /usr/bin/mine; grep -c : /proc/net/dev; touch /tmp/mine && echo mine");
        String id = ended.field("id");
        List<String> lines = output(id).lines().toList();
        assertThat(lines).hasSize(6).startsWith("1000", "mayfly", "/tmp").endsWith("mine");
        assertThat(Integer.parseInt(lines.get(3))).as("processes").isLessThan(8);
        assertThat(lines.get(4)).as("network interfaces").isEqualTo("1");
        assertThat(errors(id)).contains("shadow", secret.toString(), "/usr/bin/mine");
        assertThat(rest.get(path(neighbour)).field("status")).isEqualTo("running");
    }
}
