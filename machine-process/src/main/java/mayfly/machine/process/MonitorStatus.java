package mayfly.machine.process;

import java.util.Optional;
import java.util.function.LongPredicate;
import mayfly.machine.SupervisedState;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a monitor says about its command: in its status file, its answers and its reports (PROTOCOL.md, section 4). */
record MonitorStatus(
        String task,
        State state,
        MonitorPid monitor,
        MonitorPid command,
        String boot,
        long startedMillis,
        long endedMillis,
        int exitCode,
        int signal,
        String cause,
        int errno,
        String stage,
        String detail,
        long userMicros,
        long systemMicros,
        long maxRssBytes) {

    /** In the order in which a command passes through them. */
    enum State {
        WAITING,
        STARTING,
        RUNNING,
        STOPPING,
        ENDING,
        EXITED,
        FAILED;

        static @Nullable State ofWireName(String name) {
            return switch (name) {
                case "waiting" -> WAITING;
                case "starting" -> STARTING;
                case "running" -> RUNNING;
                case "stopping" -> STOPPING;
                case "ending" -> ENDING;
                case "exited" -> EXITED;
                case "failed" -> FAILED;
                default -> null;
            };
        }
    }

    private static final JsonMapper JSON = new JsonMapper();
    private static final long PID_MAX = 1 << 22;

    /** Reads one status object; empty for anything else. */
    static Optional<MonitorStatus> parse(byte[] json, int offset, int length) {
        try {
            return parse(JSON.readTree(json, offset, length));
        } catch (JacksonException notJson) {
            return Optional.empty();
        }
    }

    /** Reads one status object; empty for anything else. */
    static Optional<MonitorStatus> parse(@Nullable JsonNode json) {
        if (json == null || !json.isObject()) {
            return Optional.empty();
        }
        try {
            Fields fields = new Fields(json);
            if (fields.number("v", n -> n == 1) != 1) {
                return Optional.empty();
            }
            State state = State.ofWireName(fields.text("state"));
            if (state == null) {
                return Optional.empty();
            }
            LongPredicate natural = n -> n >= 0;
            return Optional.of(new MonitorStatus(
                    fields.text("task"),
                    state,
                    fields.process("monitor", "monitor_start"),
                    fields.process("pid", "start"),
                    fields.text("boot"),
                    fields.number("started_ms", natural),
                    fields.number("ended_ms", natural),
                    (int) fields.number("exit_code", n -> n >= -1 && n <= 255),
                    (int) fields.number("signal", n -> n >= 0 && n <= 64),
                    fields.text("cause"),
                    (int) fields.number("errno", n -> n >= 0 && n <= 4095),
                    fields.text("stage"),
                    fields.text("detail"),
                    fields.number("user_us", natural),
                    fields.number("system_us", natural),
                    fields.number("max_rss_bytes", natural)));
        } catch (NotThatShape e) {
            return Optional.empty();
        }
    }

    /** Whether its command was executed and nobody has seen it end. */
    boolean isRunning() {
        return state == State.RUNNING || state == State.STOPPING;
    }

    /** Whether nothing follows: the command ended, or will never be executed. */
    boolean isFinal() {
        return state == State.EXITED || state == State.FAILED;
    }

    /** What this says while its monitor is there to say it, or once it is final. */
    SupervisedState toSupervised() {
        return switch (state) {
            case WAITING, STARTING -> new SupervisedState.Starting();
            case RUNNING, STOPPING -> new SupervisedState.Running(command.pid(), startedMillis, true);
            // With an errno it was never executed, and is on its way to FAILED.
            case ENDING ->
                errno == 0
                        ? new SupervisedState.Running(command.pid(), startedMillis, true)
                        : new SupervisedState.Starting();
            case EXITED ->
                new SupervisedState.Ended(
                        command.pid(),
                        startedMillis,
                        endedMillis,
                        exitCode,
                        signal,
                        cause,
                        userMicros,
                        systemMicros,
                        maxRssBytes);
            case FAILED ->
                new SupervisedState.ExecFailed(errno, stage.equals("spec") ? "spec: " + detail : stage, endedMillis);
        };
    }

    /** Not what a monitor writes; never leaves this class. */
    private static final class NotThatShape extends Exception {
        NotThatShape() {
            super(null, null, false, false);
        }
    }

    private record Fields(JsonNode object) {
        String text(String name) throws NotThatShape {
            JsonNode field = object.get(name);
            if (field == null || !field.isString()) {
                throw new NotThatShape();
            }
            return field.stringValue();
        }

        long number(String name, LongPredicate range) throws NotThatShape {
            JsonNode field = object.get(name);
            if (field == null || !field.isIntegralNumber() || !field.canConvertToLong()) {
                throw new NotThatShape();
            }
            if (!range.test(field.longValue())) {
                throw new NotThatShape();
            }
            return field.longValue();
        }

        MonitorPid process(String pid, String start) throws NotThatShape {
            return new MonitorPid((int) number(pid, n -> n >= 0 && n <= PID_MAX), number(start, n -> n >= 0));
        }
    }
}
