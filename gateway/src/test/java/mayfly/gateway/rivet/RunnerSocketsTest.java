package mayfly.gateway.rivet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ToClientKind;
import org.junit.jupiter.api.Test;

/** Which runners come in, and what the others are told. */
class RunnerSocketsTest extends GatewayCase {
    private void idle(ScriptedRunner runner, MessageId id, ToClientKind message) {}

    @Test
    void runnersAreToldWhyTheyMayNotComeIn() throws Exception {
        token = "secret";
        String target = "/runners/connect?protocol_version=7&namespace=default&runner_key=k";
        assertThat(refused(target, "Sec-WebSocket-Protocol: rivet")).startsWith("1011 guard.missing_header#");
        assertThat(refused(target, "Sec-WebSocket-Protocol: rivet, rivet_token.wrong"))
                .startsWith("1011 api.forbidden#");
        token = null;
        assertThat(refused(target.replace("default", "nope"), "Sec-WebSocket-Protocol: rivet"))
                .startsWith("1011 namespace.not_found#");
        assertThat(refused(target.replace("=7", "=8"), "Sec-WebSocket-Protocol: rivet"))
                .startsWith("1011 api.bad_request#");
        assertThat(refused(target.replace("runner_key=k", ""), "Sec-WebSocket-Protocol: rivet"))
                .startsWith("1011 ws.invalid_url#");
        assertThat(get(target).status()).isEqualTo(200);
    }

    private String refused(String target, String header) throws IOException {
        try (Wire client = new Wire(server.address())) {
            assertThat(client.upgrade(target, header).status()).isEqualTo(101);
            return client.frame().close();
        }
    }

    @Test
    void aRunnerWithTheTokenComesInByEveryWay() throws Exception {
        token = "se cret";
        for (String header : new String[] {
            "Sec-WebSocket-Protocol: rivet, rivet_token.se%20cret",
            "x-rivet-token: se cret",
            "Authorization: Bearer se cret"
        }) {
            try (ScriptedRunner runner =
                    new ScriptedRunner(server.address(), "pool", header.substring(0, 5), this::idle, header)) {
                await().until(() -> engine.pools()
                        .get(engine.namespaces().require("default"), "pool")
                        .isPresent());
                assertThat(runner.starts).isEmpty();
            }
        }
    }
}
