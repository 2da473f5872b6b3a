package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import mayfly.actors.NodeAddress;
import mayfly.actors.PoolConfig;
import mayfly.actors.ProgramHost;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that the node starts, whose runners come in by real sockets. */
class HostedProgramsTest extends GatewayCase {
    private final List<Started> programs = new CopyOnWriteArrayList<>();

    @Override
    ProgramHost programs() {
        return new ProgramHost() {
            @Override
            public Program start(
                    String name, List<String> command, Map<String, String> env, Optional<String> directory) {
                Started program = new Started(env);
                programs.add(program);
                return program;
            }

            @Override
            public List<Program> running() {
                return List.of();
            }
        };
    }

    private record Started(Map<String, String> env, Instant startedAt, CountDownLatch end)
            implements ProgramHost.Program {
        Started(Map<String, String> env) {
            this(env, Instant.now(), new CountDownLatch(1));
        }

        @Override
        public String awaitEnd() throws InterruptedException {
            end.await();
            return "killed";
        }

        @Override
        public void stop() {
            end.countDown();
        }

        boolean isStopped() {
            return end.getCount() == 0;
        }

        long number() {
            return Long.parseLong(env.get("MAYFLY_RUNNER_CONNECTION"));
        }
    }

    private void idle(ScriptedRunner runner, MessageId id, ToClientKind message) {}

    private static PoolConfig two() {
        return new PoolConfig(
                Optional.empty(),
                Optional.empty(),
                Optional.of(new PoolConfig.Hosted(
                        List.of("node", "server.mjs"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(1),
                        Optional.of(2),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(3600),
                        Optional.of(3600))),
                Optional.empty(),
                Optional.empty());
    }

    /**
     * The one that was started last is the first to come: only its token says which it is. It goes as soon as it has come,
     * so its program has nothing to wait for.
     */
    @ParameterizedTest
    @ValueSource(strings = {"x-rivet-token: %s", "Authorization: Bearer %s", "Sec-WebSocket-Protocol: rivet_token.%s"})
    void theProgramOfARunnerIsKnownByItsToken(String header) throws Exception {
        engine.reachableAt(new NodeAddress("http://127.0.0.1:1", Optional.empty()));
        engine.pools().put(engine.namespaces().require("default"), "hosted", two());
        await().until(() -> programs.size() == 2);
        Started later =
                programs.stream().max(Comparator.comparingLong(Started::number)).orElseThrow();
        String shown = header.formatted(later.env().get("RIVET_TOKEN"));
        ScriptedRunner runner = open(new ScriptedRunner(server.address(), "hosted", "k", this::idle, shown));
        runner.send(new ToServer.Stopping());
        await().until(() -> programs.stream().anyMatch(Started::isStopped));
        assertThat(programs.stream().filter(Started::isStopped)).containsExactly(later);
    }
}
