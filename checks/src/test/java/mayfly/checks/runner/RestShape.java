package mayfly.checks.runner;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * What must be equal of two engines' answers to one request: status, names of fields and kinds of values, and those
 * values that do not depend on the engine.
 */
record RestShape(int status, Object body) {
    /** Told as they are. */
    private static final Set<String> SAME = Set.of(
            "group",
            "code",
            "created",
            "endpoint_config_changed",
            "name",
            "key",
            "display_name",
            "datacenter",
            "runner_name_selector",
            "crash_policy",
            "total_slots",
            "remaining_slots",
            "version",
            "value",
            "pool_name",
            "namespace",
            "label",
            "max",
            "count",
            "kind");
    /** There or null as the moment has it. */
    private static final Set<String> MOMENTARY = Set.of(
            "start_ts",
            "pending_allocation_ts",
            "connectable_ts",
            "sleep_ts",
            "reschedule_ts",
            "destroy_ts",
            "last_ping_ts",
            "last_rtt",
            "cursor");
    /** Not even there at every moment; words for people, and what goes with them. */
    private static final Set<String> LEFT_OUT =
            Set.of("error", "message", "reason", "body", "parse_error", "drain_grace_period");

    /** What a runner calls itself. */
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    static RestShape of(int status, JsonNode body) {
        return new RestShape(status, shape("", body));
    }

    private static Object shape(String name, JsonNode value) {
        if (value.isObject()) {
            Map<String, Object> members = new TreeMap<>();
            value.properties().stream()
                    .filter(member -> !LEFT_OUT.contains(member.getKey()))
                    .forEach(member -> members.put(member.getKey(), shape(member.getKey(), member.getValue())));
            return members;
        }
        if (value.isArray()) {
            return value.valueStream().map(item -> shape(name, item)).toList();
        }
        if (MOMENTARY.contains(name)) {
            return List.of("at times", "a number or a text");
        }
        boolean random = value.isString() && UUID.matcher(value.asString()).matches();
        return SAME.contains(name) && !random ? value : value.getNodeType();
    }
}
