package mayfly.checks.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import mayfly.checks.rest.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The status of a task over REST: from pending to whichever end it takes, each told truthfully and for good. */
class TaskLifeTest extends TaskBed {
    @ParameterizedTest
    @CsvSource({
        "exit 0, succeeded, 0, '', ''",
        "exit 3, failed, 3, '', exit code 3",
        "kill -SEGV $$, failed, '', SIGSEGV, ended by signal 11",
        "kill -KILL $$, failed, '', SIGKILL, ended by signal 9",
    })
    void endsByItself(String script, String status, String code, String signal, String reason) {
        Reply ended = shell(Map.of(), script);
        assertThat(ended.field("status")).as("%s", ended).isEqualTo(status);
        assertThat(ended.json().path("exit_code").asString("")).isEqualTo(code);
        assertThat(ended.field("signal")).isEqualTo(signal);
        assertThat(ended.field("reason")).isEqualTo(reason);
        assertThat(ended.field("ended_at")).isGreaterThanOrEqualTo(ended.field("started_at"));
        assertThat(ended.json().has("pid")).isFalse();
    }

    @Test
    void commandsThatCannotBeExecuted() {
        Reply missing = rest.taskEnded(rest.started(Map.of(), "/no/such/program", "x"));
        assertThat(missing.field("status")).isEqualTo("failed");
        assertThat(missing.field("reason")).contains("program cannot be executed: no such file or directory");
        Reply directory = rest.taskEnded(rest.started(Map.of(), "/tmp"));
        assertThat(directory.field("status")).isEqualTo("failed");
        assertThat(directory.field("reason")).contains("program cannot be executed: permission denied");
        Reply nowhere = rest.taskEnded(rest.started(Map.of("cwd", "/no/such/directory"), "true"));
        assertThat(nowhere.field("status")).isEqualTo("failed");
        assertThat(nowhere.field("reason")).contains("working directory cannot be entered: no such file or directory");
        Reply sandboxed =
                rest.taskEnded(rest.started(Map.of("isolation", "process", "cwd", "/no/such/directory"), "true"));
        assertThat(sandboxed.field("status")).isEqualTo("failed");
        assertThat(List.of(missing, directory, nowhere, sandboxed)).allSatisfy(failed -> {
            assertThat(failed.field("reason")).doesNotContain(node.data().toString());
            assertThat(failed.json().has("exit_code")).isFalse();
            assertThat(failed.json().has("started_at")).isFalse();
            assertThat(failed.json().has("ended_at")).isTrue();
        });
    }

    /** A spawner that does not come to it: the task is pending, may be killed already, and runs when it does. */
    @Test
    void pendingUntilItRuns() throws Exception {
        long spawner = spawner();
        CompletableFuture<Reply> created;
        String id;
        signal(spawner, "STOP");
        try {
            created = rest.postLater("/api/v1/tasks", Map.of("name", "late", "command", List.of("sleep", "1000")));
            Reply listed = await().until(
                            () -> rest.get("/api/v1/tasks?status=pending"),
                            page -> page.json().path("items").size() == 1);
            assertThat(listed.json().path("items").path(0).path("name").asString())
                    .isEqualTo("late");
            id = listed.json().path("items").path(0).path("id").asString();
            assertThat(rest.get(path(id)).field("status")).isEqualTo("pending");
            assertThat(rest.delete(path(id)).code()).isEqualTo("task.running");
            assertThat(output(id)).isEmpty();
            assertThat(kill(id, "HUP").field("status")).isEqualTo("pending");
        } finally {
            signal(spawner, "CONT");
        }
        assertThat(created.join().status()).isEqualTo(201);
        Reply ended = rest.taskEnded(id);
        assertThat(ended.field("signal")).as("%s", ended).isEqualTo("SIGHUP");
        assertThat(ended.field("status")).isEqualTo("killed");
    }

    @Test
    void signalsReachTheCommand() {
        String script = "trap 'echo got usr1' USR1; trap 'echo got term; exit 9' TERM; echo up; "
                + "while :; do sleep 0.02; done";
        String id = rest.started(Map.of(), "sh", "-c", script);
        awaitOutput(id, "up\n");
        kill(id, "SIGUSR1");
        awaitOutput(id, "up\ngot usr1\n");
        assertThat(rest.get(path(id)).field("status")).isEqualTo("running");
        rest.send("POST", path(id) + "/kill", new byte[0], Map.of());
        Reply ended = rest.taskEnded(id);
        assertThat(output(id)).isEqualTo("up\ngot usr1\ngot term\n");
        assertThat(ended.field("status")).as("%s", ended).isEqualTo("stopped");
        assertThat(ended.json().path("exit_code").asInt()).isEqualTo(9);
        assertThat(ended.field("reason")).isEqualTo("asked to end");
    }

    @ParameterizedTest
    @CsvSource({"TERM, SIGTERM", "9, SIGKILL", "SIGHUP, SIGHUP", "int, SIGINT"})
    void killed(String asked, String signal) {
        String id = rest.started(Map.of(), "sleep", "1000");
        running(id);
        assertThat(kill(id, asked).status()).isEqualTo(200);
        Reply ended = rest.taskEnded(id);
        assertThat(ended.field("status")).as("%s", ended).isEqualTo("killed");
        assertThat(ended.field("signal")).isEqualTo(signal);
        assertThat(ended.field("reason")).isEqualTo("asked to end");
        assertThat(kill(id, asked).code()).isEqualTo("task.ended");
    }

    @Test
    void limitsEndATaskAndSayWhich() {
        Reply late = rest.taskEnded(rest.started(Map.of("timeout_ms", 300), "sleep", "1000"));
        assertThat(late.field("status")).as("%s", late).isEqualTo("killed");
        assertThat(late.field("signal")).isEqualTo("SIGTERM");
        assertThat(late.field("reason")).isEqualTo("over its time limit");
        Reply polite = shell(Map.of("timeout_ms", 300), "trap 'exit 4' TERM; while :; do sleep 0.02; done");
        assertThat(polite.field("status")).as("%s", polite).isEqualTo("stopped");
        assertThat(polite.json().path("exit_code").asInt()).isEqualTo(4);
        assertThat(polite.field("reason")).isEqualTo("over its time limit");
        Reply stubborn = shell(Map.of("timeout_ms", 200), "trap '' TERM; while :; do sleep 0.05; done");
        assertThat(stubborn.field("status")).as("%s", stubborn).isEqualTo("killed");
        assertThat(stubborn.field("signal")).isEqualTo("SIGKILL");
        Reply loud = shell(Map.of("output_max_mb", 1), "yes");
        assertThat(loud.field("status")).as("%s", loud).isEqualTo("killed");
        assertThat(loud.field("reason")).isEqualTo("over its output limit");
        assertThat(rest.get(path(loud.field("id")) + "/logs").body()).hasSizeGreaterThan(1 << 20);
    }

    /** Without its monitor a task goes on and can be signalled; only how it ends will not be known. */
    @Test
    void lostWithItsMonitor() {
        String id =
                rest.started(Map.of(), "sh", "-c", "trap 'echo got usr1' USR1; echo up; while :; do sleep 0.02; done");
        awaitOutput(id, "up\n");
        long pid = running(id).json().path("pid").asLong();
        kill9(monitorOf(id));
        assertThat(rest.get(path(id) + "?wait_ms=100").field("status")).isEqualTo("running");
        kill(id, "USR1");
        awaitOutput(id, "up\ngot usr1\n");
        assertThat(rest.get(path(id)).json().path("pid").asLong()).isEqualTo(pid);
        kill9(pid);
        Reply ended = rest.taskEnded(id);
        assertThat(ended.field("status")).as("%s", ended).isEqualTo("lost");
        assertThat(ended.field("reason")).isEqualTo("its monitor died");
        assertThat(ended.json().has("exit_code")).isFalse();
        assertThat(output(id)).isEqualTo("up\ngot usr1\n");
    }

    /** A sandbox ends with its launcher, so killing that and the monitor leaves nobody who knows. */
    @Test
    void aSandboxedTaskIsLostWithItsMonitorAndLauncher() {
        node.requireSandboxes();
        String id = rest.started(Map.of("isolation", "process"), "sh", "-c", "echo up; exec sleep 1000");
        awaitOutput(id, "up\n");
        long launcher = running(id).json().path("pid").asLong();
        kill9(monitorOf(id));
        assertThat(rest.get(path(id) + "?wait_ms=100").field("status")).isEqualTo("running");
        kill9(launcher);
        assertThat(rest.taskEnded(id).field("status")).isEqualTo("lost");
    }

    @Test
    void whatATaskLeavesRunningEndsWithIt() {
        Reply ended = shell(Map.of(), "(setsid sleep 1000 & sleep 1000 &) ; exit 0");
        assertThat(ended.field("status")).isEqualTo("succeeded");
    }

    @Test
    void waitingEndsWithTheTaskOrWithItsTime() {
        String id = rest.started(Map.of(), "sleep", "1000");
        assertThat(rest.get(path(id) + "?wait_ms=50").field("status")).isEqualTo("running");
        CompletableFuture<Reply> waiting = rest.sendLater("GET", path(id) + "?wait_ms=60000", new byte[0], Map.of());
        kill(id, "KILL");
        assertThat(waiting.orTimeout(Duration.ofSeconds(30).toSeconds(), java.util.concurrent.TimeUnit.SECONDS)
                        .join()
                        .field("status"))
                .isEqualTo("killed");
    }

    @Test
    void manyTasksAtOnceEachHaveTheirOwnEnd() {
        for (int wave = 0; wave < 4; wave++) { // each request at once keeps a connection
            List<CompletableFuture<Reply>> replies = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                replies.add(rest.postLater(
                        "/api/v1/tasks",
                        Map.of("command", List.of("sh", "-c", "echo $MAYFLY_TASK; exit " + i), "name", "many")));
            }
            for (int i = 0; i < replies.size(); i++) {
                String id = replies.get(i).join().field("id");
                Reply ended = rest.taskEnded(id);
                assertThat(ended.json().path("exit_code").asInt()).isEqualTo(i);
                assertThat(output(id)).isEqualTo(id + "\n");
            }
        }
        assertThat(rest.get("/api/v1/tasks?name=many&limit=1000")
                        .json()
                        .path("items")
                        .size())
                .isEqualTo(40);
    }

    private long spawner() throws Exception {
        return Traces.processes(node).entrySet().stream()
                .filter(process -> process.getValue().endsWith("spawner"))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }
}
