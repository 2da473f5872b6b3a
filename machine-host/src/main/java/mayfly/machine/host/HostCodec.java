package mayfly.machine.host;

import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mayfly.base.InvocationId;
import mayfly.base.Limits;
import mayfly.machine.GuestError;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Outcome;
import mayfly.machine.TemplateSpec;

/** Messages to bytes and back (PROTOCOL.md). Whatever the bytes are, reading them gives an answer and never throws. */
final class HostCodec {
    static final int HEADER_BYTES = 16;
    static final int VERSION = 1;
    static final int BODY_BYTES_MAX = Limits.FRAME_BODY_BYTES_MAX;
    static final int TEMPLATES_MAX = 10_000;

    private static final int NAME_BYTES_MAX = 1024;
    private static final int PATH_BYTES_MAX = 4096;
    private static final int TEXT_BYTES_MAX = 16 * Limits.KIB;
    private static final int STACK_BYTES_MAX = 64 * Limits.KIB;
    private static final int VARIABLE_BYTES_MAX = 128 * Limits.KIB;
    private static final int VARIABLES_MAX = 4096;
    private static final int KEY_CHARS = 64;
    private static final long MILLIS_MAX = Duration.ofDays(30).toMillis();
    private static final long MEMORY_BYTES_MAX = 1L << 48;

    private static final int BOOT = 1;
    private static final int LIST = 2;
    private static final int CLOSE = 3;
    private static final int EXEC = 4;
    private static final int PING = 5;
    private static final int CANCEL = 6;
    private static final int RELEASE = 7;
    private static final int FORGET = 8;
    private static final int READY = 16;
    private static final int INIT_FAILED = 17;
    private static final int REFUSED = 18;
    private static final int TEMPLATES = 19;
    private static final int DONE = 20;
    private static final int PONG = 21;
    private static final int LOG = 22;
    private static final int SUCCESS = 32;
    private static final int HANDLER_ERROR = 33;
    private static final int TIMED_OUT = 34;
    private static final int CRASHED = 35;
    private static final int NOT_STARTED = 36;

    private HostCodec() {}

    /** What tells whether a template is the one that somebody wants: a digest of its whole spec. */
    static String key(TemplateSpec spec) {
        try {
            ByteBuffer frame = bytes(new HostFrame(0, new HostMessage.Boot(spec)));
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(frame);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /**
     * A whole frame.
     *
     * @throws IllegalArgumentException it has a field that is too large to be sent
     */
    static ByteBuffer bytes(HostFrame frame) {
        long call = frame.call();
        return switch (frame.message()) {
            case HostMessage.Boot(var spec) -> spec(spec).frame(BOOT, call);
            case HostMessage.ListTemplates _ -> new BodyWriter(0).frame(LIST, call);
            case HostMessage.CloseTemplate(long template) ->
                new BodyWriter(0).number(template).frame(CLOSE, call);
            case HostMessage.Exec(
                    long template,
                    boolean keep,
                    var invocation,
                    boolean json,
                    var timeout,
                    var payload) ->
                new BodyWriter(payload.length)
                        .number(template)
                        .flag(keep)
                        .text(invocation.value(), NAME_BYTES_MAX, "invocation")
                        .flag(json)
                        .number(timeout.toMillis())
                        .rest(payload)
                        .frame(EXEC, call);
            case HostMessage.Ping(long template, boolean keep, long millis) ->
                new BodyWriter(0).number(template).flag(keep).number(millis).frame(PING, call);
            case HostMessage.Cancel _ -> new BodyWriter(0).frame(CANCEL, call);
            case HostMessage.Release _ -> new BodyWriter(0).frame(RELEASE, call);
            case HostMessage.Forget(var name) ->
                new BodyWriter(0).text(name, NAME_BYTES_MAX, "name").frame(FORGET, call);
            case HostMessage.Ready(long template) ->
                new BodyWriter(0).number(template).frame(READY, call);
            case HostMessage.InitFailed(var error) -> error(error).frame(INIT_FAILED, call);
            case HostMessage.Refused(var reason) ->
                new BodyWriter(0).cut(reason, TEXT_BYTES_MAX).frame(REFUSED, call);
            case HostMessage.Templates(var templates) -> list(templates).frame(TEMPLATES, call);
            case HostMessage.Done _ -> new BodyWriter(0).frame(DONE, call);
            case HostMessage.Pong(boolean well) -> new BodyWriter(0).flag(well).frame(PONG, call);
            case HostMessage.Log(int stream, var bytes) ->
                new BodyWriter(bytes.length).u8(stream).rest(bytes).frame(LOG, call);
            case HostMessage.Ended(var outcome) -> outcome(outcome, call);
        };
    }

    private static ByteBuffer outcome(Outcome outcome, long call) {
        return switch (outcome) {
            case Outcome.Success(var output, boolean json, long micros) ->
                new BodyWriter(output.length)
                        .flag(json)
                        .number(micros)
                        .rest(output)
                        .frame(SUCCESS, call);
            case Outcome.HandlerError(var error, long micros) ->
                error(error).number(micros).frame(HANDLER_ERROR, call);
            case Outcome.TimedOut _ -> new BodyWriter(0).frame(TIMED_OUT, call);
            case Outcome.Crashed(var reason) ->
                new BodyWriter(0).cut(reason, TEXT_BYTES_MAX).frame(CRASHED, call);
            case Outcome.NotStarted(var reason) ->
                new BodyWriter(0).cut(reason, TEXT_BYTES_MAX).frame(NOT_STARTED, call);
        };
    }

    private static BodyWriter spec(TemplateSpec spec) {
        BodyWriter to = new BodyWriter(0)
                .text(spec.name(), NAME_BYTES_MAX, "name")
                .text(spec.runtime().wireName(), NAME_BYTES_MAX, "runtime")
                .text(spec.handler(), TEXT_BYTES_MAX, "handler")
                .text(spec.code().toString(), PATH_BYTES_MAX, "code")
                .number(spec.memoryBytes())
                .number(spec.machinesMax())
                .flag(spec.reusable())
                .number(spec.initTimeout().toMillis())
                .number(spec.env().size());
        if (spec.env().size() > VARIABLES_MAX) {
            throw new IllegalArgumentException("env has " + spec.env().size() + " variables");
        }
        new TreeMap<>(spec.env())
                .forEach((name, value) ->
                        to.text(name, VARIABLE_BYTES_MAX, "env").text(value, VARIABLE_BYTES_MAX, "env"));
        return to;
    }

    private static BodyWriter error(GuestError error) {
        return new BodyWriter(0)
                .cut(error.type(), NAME_BYTES_MAX)
                .cut(error.message(), TEXT_BYTES_MAX)
                .cut(error.stack(), STACK_BYTES_MAX)
                .cut(error.file(), TEXT_BYTES_MAX)
                .number(Math.max(0, error.line()));
    }

    private static BodyWriter list(List<HostMessage.Listed> templates) {
        BodyWriter to = new BodyWriter(0).number(templates.size());
        templates.forEach(each -> to.number(each.template()).text(each.key(), KEY_CHARS, "key"));
        return to;
    }

    /** What stands before a body. */
    sealed interface Header {
        record Good(int type, long call, int bodyBytes) implements Header {}

        record Bad(String reason) implements Header {}
    }

    /** Takes {@link #HEADER_BYTES} from the buffer. */
    static Header header(ByteBuffer from) {
        int body = from.getInt();
        int version = from.get() & 0xff;
        int type = from.get() & 0xff;
        int nothing = from.getShort();
        long call = from.getLong();
        if (version != VERSION) {
            return new Header.Bad("frame version " + version + ", expected " + VERSION);
        }
        if (nothing != 0 || call < 0) {
            return new Header.Bad("a header with bits that mean nothing");
        }
        if (body < 0 || body > BODY_BYTES_MAX) {
            return new Header.Bad("a body of " + Integer.toUnsignedString(body) + " bytes, at most " + BODY_BYTES_MAX
                    + " are allowed");
        }
        return new Header.Good(type, call, body);
    }

    /** A message, or why it is none. */
    static HostRead message(Header.Good header, byte[] body) {
        BodyReader from = new BodyReader(body);
        try {
            HostMessage message = message(header.type(), from);
            from.end();
            return new HostRead.Whole(new HostFrame(header.call(), message));
        } catch (BodyReader.Bad e) {
            return new HostRead.Malformed("message of type " + header.type() + ": " + e.getMessage());
        }
    }

    private static HostMessage message(int type, BodyReader from) {
        return switch (type) {
            case BOOT -> new HostMessage.Boot(spec(from));
            case LIST -> new HostMessage.ListTemplates();
            case CLOSE -> new HostMessage.CloseTemplate(template(from));
            case EXEC ->
                new HostMessage.Exec(
                        template(from),
                        from.flag(),
                        invocation(from.text(NAME_BYTES_MAX, "invocation")),
                        from.flag(),
                        Duration.ofMillis(from.number(MILLIS_MAX, "timeout")),
                        from.rest(Limits.PAYLOAD_BYTES_MAX));
            case PING -> new HostMessage.Ping(template(from), from.flag(), from.number(MILLIS_MAX, "timeout"));
            case CANCEL -> new HostMessage.Cancel();
            case RELEASE -> new HostMessage.Release();
            case FORGET -> new HostMessage.Forget(from.text(NAME_BYTES_MAX, "name"));
            case READY -> new HostMessage.Ready(template(from));
            case INIT_FAILED -> new HostMessage.InitFailed(error(from));
            case REFUSED -> new HostMessage.Refused(from.text(TEXT_BYTES_MAX, "reason"));
            case TEMPLATES -> new HostMessage.Templates(list(from));
            case DONE -> new HostMessage.Done();
            case PONG -> new HostMessage.Pong(from.flag());
            case LOG -> log(from);
            default -> new HostMessage.Ended(outcome(type, from));
        };
    }

    private static Outcome outcome(int type, BodyReader from) {
        return switch (type) {
            case SUCCESS -> {
                boolean json = from.flag();
                long micros = from.number(Long.MAX_VALUE, "time");
                yield new Outcome.Success(from.rest(Limits.PAYLOAD_BYTES_MAX), json, micros);
            }
            case HANDLER_ERROR -> new Outcome.HandlerError(error(from), from.number(Long.MAX_VALUE, "time"));
            case TIMED_OUT -> new Outcome.TimedOut();
            case CRASHED -> new Outcome.Crashed(from.text(TEXT_BYTES_MAX, "reason"));
            case NOT_STARTED -> new Outcome.NotStarted(from.text(TEXT_BYTES_MAX, "reason"));
            default -> throw new BodyReader.Bad("there is no such type");
        };
    }

    private static long template(BodyReader from) {
        return from.number(Long.MAX_VALUE, "template");
    }

    private static HostMessage.Log log(BodyReader from) {
        int stream = from.u8();
        if (stream != 1 && stream != 2) {
            throw new BodyReader.Bad("stream is " + stream);
        }
        return new HostMessage.Log(stream, from.rest(BODY_BYTES_MAX));
    }

    private static InvocationId invocation(String text) {
        try {
            return new InvocationId(text);
        } catch (IllegalArgumentException e) {
            throw new BodyReader.Bad("not the id of an invocation");
        }
    }

    private static TemplateSpec spec(BodyReader from) {
        String name = from.text(NAME_BYTES_MAX, "name");
        GuestRuntime runtime = GuestRuntime.ofWireName(from.text(NAME_BYTES_MAX, "runtime"))
                .orElseThrow(() -> new BodyReader.Bad("there is no such runtime"));
        String handler = from.text(TEXT_BYTES_MAX, "handler");
        Path code = path(from.text(PATH_BYTES_MAX, "code"));
        long memory = from.number(MEMORY_BYTES_MAX, "memory");
        int machines = from.count(Integer.MAX_VALUE, "machines");
        boolean reusable = from.flag();
        Duration timeout = Duration.ofMillis(from.number(MILLIS_MAX, "timeout"));
        int variables = from.count(VARIABLES_MAX, "env");
        Map<String, String> env = new TreeMap<>();
        for (int i = 0; i < variables; i++) {
            env.put(from.text(VARIABLE_BYTES_MAX, "env"), from.text(VARIABLE_BYTES_MAX, "env"));
        }
        return new TemplateSpec(name, runtime, handler, code, env, memory, machines, reusable, timeout);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new BodyReader.Bad("code is not a path");
        }
    }

    private static GuestError error(BodyReader from) {
        return new GuestError(
                from.text(NAME_BYTES_MAX, "type"),
                from.text(TEXT_BYTES_MAX, "message"),
                from.text(STACK_BYTES_MAX, "stack"),
                from.text(TEXT_BYTES_MAX, "file"),
                from.count(Integer.MAX_VALUE, "line"));
    }

    private static List<HostMessage.Listed> list(BodyReader from) {
        int count = from.count(TEMPLATES_MAX, "templates");
        List<HostMessage.Listed> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(new HostMessage.Listed(template(from), from.text(KEY_CHARS, "key")));
        }
        return list;
    }
}
