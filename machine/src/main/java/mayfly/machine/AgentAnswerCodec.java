package mayfly.machine;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the meta of what agents send. Unknown fields are skipped, so that a newer agent can say more; a known field of
 * the wrong kind makes the whole answer malformed. The bytes come from a hostile place: nothing here throws.
 */
public final class AgentAnswerCodec {
    private static final int MESSAGE_CHARS_MAX = 4 * 1024;
    private static final int STACK_CHARS_MAX = 16 * 1024;
    private static final int NAME_CHARS_MAX = 256;
    private static final JsonFactory JSON = new JsonFactory();

    private AgentAnswerCodec() {}

    /** Reads the meta of a RESPONSE. */
    public static AgentAnswer answer(byte[] meta) {
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), meta)) {
            return new Fields().read(json);
        } catch (JacksonException e) {
            return new AgentAnswer.Malformed("response meta is not the JSON expected: " + e.getOriginalMessage());
        }
    }

    /** The stream a LOG belongs to: 2 for standard error, 1 for everything else. */
    public static int logStream(byte[] meta) {
        // {"stream":2} and nothing else is the only way to say it; a guest that says more says "1"
        return meta.length == 12 && meta[10] == '2' ? 2 : 1;
    }

    private static final class Fields {
        private String status = "";
        private boolean json;
        private long micros;
        private int code = -1;
        private int signal;
        private String message = "";
        private @Nullable GuestError error;

        AgentAnswer read(JsonParser parser) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return new AgentAnswer.Malformed("response meta is not a JSON object");
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                switch (name) {
                    case "status" -> status = text(parser, NAME_CHARS_MAX);
                    case "json" -> json = parser.getBooleanValue();
                    case "us" -> micros = Math.max(0, parser.getLongValue());
                    case "code" -> code = parser.getIntValue();
                    case "signal" -> signal = parser.getIntValue();
                    case "message" -> message = text(parser, MESSAGE_CHARS_MAX);
                    case "error" -> error = error(parser);
                    default -> parser.skipChildren();
                }
            }
            return answer();
        }

        private AgentAnswer answer() {
            return switch (status) {
                case "ok" -> new AgentAnswer.Ok(json, micros);
                case "ready" -> new AgentAnswer.Ready();
                case "exited" -> new AgentAnswer.Exited(code, signal, message);
                case "refused" -> new AgentAnswer.Refused(message);
                case "error" ->
                    error == null
                            ? new AgentAnswer.Malformed("response with status error and no error")
                            : new AgentAnswer.Failed(error, micros);
                default -> new AgentAnswer.Malformed("response with unknown status '" + status + "'");
            };
        }

        private static @Nullable GuestError error(JsonParser parser) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return null;
            }
            String type = "Error";
            String message = "";
            String stack = "";
            String file = "";
            int line = 0;
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                switch (name) {
                    case "type" -> type = text(parser, NAME_CHARS_MAX);
                    case "message" -> message = text(parser, MESSAGE_CHARS_MAX);
                    case "stack" -> stack = text(parser, STACK_CHARS_MAX);
                    case "file" -> file = text(parser, MESSAGE_CHARS_MAX);
                    case "line" -> line = parser.currentToken() == JsonToken.VALUE_NULL ? 0 : parser.getIntValue();
                    default -> parser.skipChildren();
                }
            }
            return new GuestError(type, message, stack, file, Math.max(0, line));
        }

        /** A string cut to a length; "" for null. */
        private static String text(JsonParser parser, int charsMax) {
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return "";
            }
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw new StreamReadException(parser, "expected a string in '" + parser.currentName() + "'");
            }
            String text = parser.getString();
            if (text.length() <= charsMax) {
                return text;
            }
            boolean splitsPair = Character.isHighSurrogate(text.charAt(charsMax - 1));
            return text.substring(0, splitsPair ? charsMax - 1 : charsMax);
        }
    }
}
