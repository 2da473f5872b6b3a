package mayfly.gateway;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mayfly.api.FunctionError;
import mayfly.api.FunctionResponse;
import mayfly.api.FunctionSpec;
import mayfly.api.FunctionStatus;
import mayfly.api.InvalidException;
import mayfly.api.InvocationMode;
import mayfly.api.InvocationResponse;
import mayfly.api.InvocationStatus;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.MachineResponse;
import mayfly.api.ServiceDefinition;
import mayfly.api.ServiceResponse;
import mayfly.api.Signals;
import mayfly.api.StartKind;
import mayfly.api.TaskResponse;
import mayfly.api.TaskSpec;
import mayfly.api.TaskStatus;
import mayfly.core.pool.Pool;
import mayfly.core.pool.PooledMachine;
import mayfly.machine.GuestError;
import mayfly.node.FunctionView;
import mayfly.node.MachineView;
import mayfly.node.ResetStats;
import mayfly.node.ServiceStats;
import mayfly.node.ServiceView;
import mayfly.store.InvocationRecord;
import mayfly.store.TaskRecord;
import org.jspecify.annotations.Nullable;

/** The node's types as wire records. Pure. */
final class Wire {
    private Wire() {}

    static FunctionResponse function(FunctionView view) {
        FunctionSpec spec = view.spec();
        return new FunctionResponse(
                view.id().value(),
                spec.name(),
                view.version(),
                spec.runtime(),
                spec.handler(),
                FunctionStatus.ACTIVE,
                List.copyOf(spec.env().keySet()),
                spec.memoryMb(),
                spec.timeoutMs(),
                spec.isolation(),
                spec.reuse(),
                spec.record(),
                spec.concurrency(),
                spec.minWarm(),
                spec.maxMachines(),
                spec.tags(),
                view.artifact(),
                view.pool().map(Wire::machines).orElse(new FunctionResponse.Machines(0, 0, 0, 0)),
                view.createdAt(),
                view.updatedAt());
    }

    private static FunctionResponse.Machines machines(Pool pool) {
        int busy = 0;
        int warm = 0;
        int starting = 0;
        for (PooledMachine machine : pool.machines()) {
            switch (machine) {
                case PooledMachine.Busy _ -> busy++;
                case PooledMachine.Warm _, PooledMachine.Checking _ -> warm++;
                case PooledMachine.Starting _, PooledMachine.Resetting _ -> starting++;
                case PooledMachine.Closing _ -> {}
            }
        }
        int waiting = pool instanceof Pool.Open open ? open.waiting().size() : 0;
        return new FunctionResponse.Machines(busy, warm, starting, waiting);
    }

    static ServiceResponse service(ServiceView view) {
        ServiceDefinition service = view.definition();
        return new ServiceResponse(
                view.id().value(),
                service.name(),
                view.version(),
                view.status(),
                view.reason(),
                view.address(),
                service.program(),
                service.mode(),
                service.listen(),
                service.guestPort(),
                service.workers(),
                service.waitingMax(),
                service.warmup(),
                List.copyOf(service.env().keySet()),
                service.allowRead(),
                service.volumes(),
                service.allowConnect(),
                service.memoryMb(),
                service.requestTimeoutMs(),
                service.idleAfterMs(),
                service.directory(),
                service.isolation(),
                view.stats()
                        .map(Wire::machines)
                        .orElse(new ServiceResponse.Machines(Optional.empty(), 0, false, Optional.empty())),
                view.stats()
                        .map(Wire::connections)
                        .orElse(new ServiceResponse.Connections(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                view.stats().map(it -> resets(it.resets())).orElse(new ServiceResponse.Resets(0, 0, 0, 0, 0, 0)),
                view.createdAt(),
                view.updatedAt());
    }

    private static ServiceResponse.Machines machines(ServiceStats stats) {
        Optional<Long> memory = stats.privateBytes().isPresent()
                ? Optional.of(stats.privateBytes().getAsLong())
                : Optional.empty();
        return new ServiceResponse.Machines(Optional.of(stats.driver()), stats.machines(), stats.awake(), memory);
    }

    private static ServiceResponse.Resets resets(ResetStats stats) {
        return new ServiceResponse.Resets(
                stats.count(), stats.micros(), stats.microsHigh(), stats.microsMax(), stats.pages(), stats.pagesMax());
    }

    private static ServiceResponse.Connections connections(ServiceStats stats) {
        long ended = stats.ends().values().stream().mapToLong(Long::longValue).sum();
        return new ServiceResponse.Connections(
                stats.accepted(),
                stats.active(),
                stats.waiting(),
                stats.served(),
                stats.timedOut(),
                stats.crashed(),
                stats.cancelled(),
                stats.refused(),
                stats.received(),
                stats.sent(),
                ended == 0 ? 0 : stats.heldMicros() / ended,
                ended == 0 ? 0 : stats.servedMicros() / ended);
    }

    static FunctionError error(GuestError error) {
        return new FunctionError(
                error.type(),
                error.message(),
                error.stack(),
                error.file().isEmpty() ? Optional.empty() : Optional.of(error.file()),
                error.line() == 0 ? Optional.empty() : Optional.of(error.line()));
    }

    static MachineResponse machine(MachineView view) {
        return new MachineResponse(
                view.id(),
                view.driver(),
                Optional.of(view.function()),
                Optional.of(view.version()),
                view.state(),
                view.uses(),
                Optional.empty(),
                view.createdAt());
    }

    static InvocationResponse invocation(InvocationRecord record) {
        byte[] result = record.result();
        Optional<JsonValue> json = result == null || !record.resultJson() ? Optional.empty() : json(result);
        return new InvocationResponse(
                record.id().value(),
                record.functionName(),
                record.version(),
                InvocationMode.valueOf(upper(record.mode())),
                InvocationStatus.valueOf(upper(record.status())),
                json,
                result == null || json.isPresent() ? Optional.empty() : Optional.of(result),
                Optional.ofNullable(record.error()).flatMap(Wire::storedError),
                Optional.ofNullable(record.start()).map(it -> StartKind.valueOf(upper(it))),
                Optional.ofNullable(record.machine()),
                record.attempts(),
                record.queuedAt(),
                Optional.ofNullable(record.startedAt()),
                Optional.ofNullable(record.endedAt()),
                record.endedAt() == null ? Optional.empty() : Optional.of(record.durationMicros()),
                Optional.ofNullable(record.logs()));
    }

    private static Optional<JsonValue> json(byte[] text) {
        try {
            return Optional.of(Json.parse(text));
        } catch (InvalidException e) {
            return Optional.empty(); // deeper than we read: it is given as bytes
        }
    }

    private static Optional<FunctionError> storedError(String json) {
        try {
            return Optional.of(Json.readAnswer(json.getBytes(StandardCharsets.UTF_8), FunctionError.class));
        } catch (InvalidException e) {
            return Optional.of(new FunctionError("Error", json, "", Optional.empty(), Optional.empty()));
        }
    }

    static TaskResponse task(TaskRecord record) {
        TaskSpec spec = taskSpec(record);
        TaskStatus status = TaskStatus.valueOf(upper(record.status()));
        return new TaskResponse(
                record.id().value(),
                record.name(),
                spec.command(),
                List.copyOf(spec.env().keySet()),
                spec.cwd(),
                spec.isolation(),
                status,
                status == TaskStatus.RUNNING ? Optional.of(record.pid()) : Optional.empty(),
                Optional.ofNullable(record.exitCode()),
                Optional.ofNullable(record.signal()).map(Signals::name),
                record.reason(),
                spec.memoryMb(),
                spec.timeoutMs(),
                record.createdAt(),
                optional(record.startedAt()),
                optional(record.endedAt()));
    }

    private static TaskSpec taskSpec(TaskRecord record) {
        try {
            return Json.readAnswer(record.spec().getBytes(StandardCharsets.UTF_8), TaskSpec.class);
        } catch (InvalidException e) {
            throw new IllegalStateException("the record of task " + record.id() + " is damaged", e);
        }
    }

    private static Optional<Instant> optional(@Nullable Instant instant) {
        return Optional.ofNullable(instant);
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
