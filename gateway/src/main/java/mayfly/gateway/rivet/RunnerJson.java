package mayfly.gateway.rivet;

import java.nio.charset.StandardCharsets;
import mayfly.actors.RunnerView;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.store.RunnerRecord;
import org.jspecify.annotations.Nullable;

/** A runner as Rivet's interface shows it. */
final class RunnerJson {
    private RunnerJson() {}

    static JsonValue of(RunnerView runner) {
        RunnerRecord record = runner.record();
        return new Members()
                .put("runner_id", record.id().value())
                .put("namespace_id", record.namespace().value())
                .put("datacenter", Datacenter.NAME)
                .put("name", record.pool())
                .put("key", record.key())
                .put("version", record.version())
                .put("total_slots", record.totalSlots())
                .put("remaining_slots", Math.max(0, record.totalSlots() - runner.usedSlots()))
                .put("create_ts", record.createdAt())
                .put("drain_ts", record.drainedAt())
                .put("stop_ts", record.stoppedAt())
                .put(
                        "last_ping_ts",
                        runner.lastPongMillis().orElse(record.connectedAt().toEpochMilli()))
                .put("last_connected_ts", record.connectedAt())
                .put("last_rtt", runner.rttMillis().orElse(0))
                .put("metadata", json(record.metadata()))
                .json();
    }

    /** What a client gave as JSON, or {@code {}} when it was none. */
    static JsonValue json(@Nullable String text) {
        if (text == null) {
            return JsonValue.NULL;
        }
        try {
            return Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (InvalidException e) {
            return Answer.done();
        }
    }
}
