package mayfly.gateway.rivet;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds what a request is for. Pure. */
final class Routing {
    private static final String GATEWAY = "/gateway/";
    private static final String RUNNERS = "/runners/connect";
    private static final String REQUEST = "/request";
    private static final String PROTOCOL_TARGET = "rivet_target.";
    private static final String PROTOCOL_ACTOR = "rivet_actor.";

    private Routing() {}

    /**
     * The part of a request that tells what it is for.
     *
     * @param target path and query as sent
     * @param targetHeader x-rivet-target
     * @param actorHeader x-rivet-actor
     * @param protocols that a WebSocket offers; empty for other requests
     * @param host as sent, with its port
     */
    record Head(
            String target,
            @Nullable String targetHeader,
            @Nullable String actorHeader,
            boolean webSocket,
            List<String> protocols,
            String host) {}

    static Target of(Head head) {
        String target = head.target();
        if (target.startsWith(GATEWAY)) {
            return byPath(target);
        }
        int end = target.indexOf('?');
        String path = end < 0 ? target : target.substring(0, end);
        if (path.equals(RUNNERS) || path.equals(RUNNERS + "/")) {
            return new Target.RunnerSocket();
        }
        String kind = head.webSocket() ? protocol(head.protocols(), PROTOCOL_TARGET) : head.targetHeader();
        if (kind == null && head.webSocket()) {
            kind = head.targetHeader();
        }
        return kind == null ? new Target.Other() : byTarget(head, kind, path);
    }

    /** {@code /gateway/ID[@TOKEN][/PATH][?QUERY]}, or a name in the place of the id with rvt- parameters in the query. */
    private static Target byPath(String target) {
        int begin = GATEWAY.length();
        int mark = target.indexOf('?');
        int slash = target.indexOf('/', begin);
        int end = mark >= 0 ? mark : target.length();
        end = slash >= 0 ? Math.min(end, slash) : end;
        String who = target.substring(begin, end);
        String rest = target.startsWith("/", end) ? target.substring(end) : "/" + target.substring(end);
        int at = who.indexOf('@');
        if (at == 0 || who.isEmpty() || at == who.length() - 1) {
            return new Target.Other();
        }
        if (mark >= 0 && NamedActor.isMeant(target, mark + 1)) {
            return at > 0
                    ? wrong("query_path_token_syntax", "query gateway paths must not use @token syntax")
                    : NamedActor.parse(who, rest);
        }
        return Percent.decode(at < 0 ? who : who.substring(0, at), false)
                .<Target>map(id -> new Target.ById(id, rest))
                .orElseGet(Target.Other::new);
    }

    private static Target byTarget(Head head, String kind, String path) {
        if (kind.equals("runner")) {
            return new Target.RunnerSocket();
        }
        boolean mine = head.webSocket() || path.equals(REQUEST) || path.startsWith(REQUEST + "/");
        if (!kind.equals("actor") || !mine) {
            return new Target.Wrong(noRoute(head.host(), path));
        }
        String id = head.webSocket() ? protocol(head.protocols(), PROTOCOL_ACTOR) : null;
        id = id == null ? head.actorHeader() : id;
        return id == null
                ? new Target.Wrong(GuardError.missingHeader(
                        head.webSocket() ? "`rivet_actor.*` protocol in sec-websocket-protocol" : "x-rivet-actor"))
                : new Target.ById(id, head.target());
    }

    /** What follows the prefix in the first subprotocol that has it. */
    static @Nullable String protocol(List<String> protocols, String prefix) {
        for (String protocol : protocols) {
            if (protocol.startsWith(prefix)) {
                return protocol.substring(prefix.length());
            }
        }
        return null;
    }

    private static GuardError noRoute(String hostAndPort, String path) {
        String host = hostAndPort.replaceFirst(":[0-9]+$", "");
        return new GuardError(
                404,
                "guard",
                "no_route",
                "No route found for hostname " + host + ", path " + path + ".",
                Map.of("host", host, "path", path));
    }

    private static Target wrong(String code, String message) {
        return new Target.Wrong(GuardError.guard(400, code, message));
    }
}
