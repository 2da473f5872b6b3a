package mayfly.store;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import mayfly.base.ActorId;
import mayfly.base.Clock;
import mayfly.base.FunctionId;
import mayfly.base.Ids;
import mayfly.base.InvocationId;
import mayfly.base.NamespaceId;
import mayfly.base.RunnerId;
import mayfly.base.ServiceId;
import mayfly.base.TaskId;
import org.jspecify.annotations.Nullable;

/** Makes records for tests; repeatable for one seed. */
final class Records {
    static final Instant START = Instant.parse("2026-03-01T12:00:00.123456789Z");
    static final String CODE = "ab".repeat(32);

    private final Ids ids;
    private long ticks;

    Records(long seed) {
        ids = Ids.seeded(new Counter(), new Random(seed));
    }

    private final class Counter implements Clock {
        @Override
        public Instant now() {
            return time();
        }

        @Override
        public long nanos() {
            return ++ticks;
        }
    }

    /** Later than every time before. */
    Instant time() {
        return START.plusMillis(++ticks);
    }

    FunctionId functionId() {
        return ids.function();
    }

    InvocationId invocationId() {
        return ids.invocation();
    }

    TaskId taskId() {
        return ids.task();
    }

    ServiceId serviceId() {
        return ids.service();
    }

    NamespaceRecord namespace(String name) {
        return new NamespaceRecord(ids.namespace(), name, name + "!", time());
    }

    NamespaceId namespaceId() {
        return ids.namespace();
    }

    ActorId actorId() {
        return ids.actor();
    }

    RunnerId runnerId() {
        return ids.runner();
    }

    RunnerRecord runner(NamespaceId namespace, String pool, String key, long revision) {
        return runner(ids.runner(), namespace, pool, key, null, revision);
    }

    RunnerRecord runner(
            RunnerId id, NamespaceId namespace, String pool, String key, @Nullable Instant stoppedAt, long revision) {
        return new RunnerRecord(
                id,
                namespace,
                pool,
                key,
                (int) revision,
                100,
                revision % 2 == 0 ? null : "{\"revision\":" + revision + "}",
                START,
                START.plusNanos(revision),
                stoppedAt,
                stoppedAt,
                revision);
    }

    /** A new actor that sleeps. */
    ActorRecord actor(NamespaceId namespace, String name, @Nullable String key) {
        return actor(ids.actor(), namespace, name, key, 1);
    }

    ActorRecord actor(ActorId id, NamespaceId namespace, String name, @Nullable String key, long revision) {
        return new ActorRecord(
                id,
                namespace,
                name,
                key,
                "default",
                "sleep",
                START,
                null,
                null,
                false,
                "{\"revision\":" + revision + "}",
                revision);
    }

    /** The next revision of an actor. */
    static ActorRecord next(
            ActorRecord old, @Nullable Instant destroyedAt, @Nullable Instant alarmAt, boolean awake, long revision) {
        return new ActorRecord(
                old.id(),
                old.namespace(),
                old.name(),
                old.key(),
                old.pool(),
                old.crashPolicy(),
                old.createdAt(),
                destroyedAt,
                alarmAt,
                awake,
                "{\"revision\":" + revision + "}",
                revision);
    }

    ServiceRecord service(String name) {
        return service(ids.service(), name, 1);
    }

    ServiceRecord service(ServiceId id, String name, int version) {
        return new ServiceRecord(id, name, version, "{\"program\":[\"p" + version + "\"]}", START, time());
    }

    FunctionRecord function(String name, String... tags) {
        Instant now = time();
        return new FunctionRecord(ids.function(), name, "python3", List.of(tags), 1, now, now);
    }

    VersionRecord version(FunctionRecord function, int version) {
        return new VersionRecord(
                function.id(), version, function.runtime(), function.tags(), "{\"v\":" + version + "}", CODE, time());
    }

    InvocationRecord invocation(String status) {
        return invocation(ids.invocation(), "sync", status, time(), 1);
    }

    InvocationRecord invocation(String mode, String status) {
        return invocation(ids.invocation(), mode, status, time(), 1);
    }

    static boolean ended(String status) {
        return !status.equals("pending") && !status.equals("running");
    }

    InvocationRecord invocation(InvocationId id, String mode, String status, Instant queuedAt, int attempts) {
        boolean ended = ended(status);
        boolean failed = ended && !status.equals("success");
        return new InvocationRecord(
                id,
                new FunctionId("fn_" + "0".repeat(26)),
                "hello",
                1,
                mode,
                status,
                mode.equals("async") && !ended ? "{\"n\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8) : null,
                true,
                status.equals("success") ? new byte[] {0, 1, -1, 127} : null,
                false,
                failed ? "{\"type\":\"ValueError\"}" : null,
                status.equals("pending") ? null : "forked",
                status.equals("pending") ? null : "mac_" + "0".repeat(26),
                queuedAt,
                status.equals("pending") ? null : queuedAt.plusNanos(1),
                ended ? queuedAt.plusNanos(2) : null,
                ended ? 1234 : 0,
                ended ? "one\ntwo\n" : null,
                attempts);
    }

    TaskRecord task(String name, String status, long version) {
        return task(ids.task(), name, status, version, null);
    }

    TaskRecord task(TaskId id, String name, String status, long version, @Nullable Integer exitCode) {
        boolean ran = !status.equals("pending");
        boolean ended = ran && !status.equals("running");
        return new TaskRecord(
                id,
                name,
                "{\"command\":[\"sleep\",\"1\"]}",
                status,
                ran ? 4711 : 0,
                exitCode,
                status.equals("killed") ? 9 : null,
                ended ? "because" : "",
                START,
                ran ? START.plusNanos(version) : null,
                ended ? START.plusSeconds(version) : null,
                version);
    }
}
