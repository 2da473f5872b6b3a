package mayfly.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.List;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/**
 * The only way in and out of JSON for wire records: names in snake case, instants in RFC 3339 UTC with microseconds,
 * bytes in base64, enum constants in lower case, absent rather than null. Requests are read strictly: an unknown,
 * repeated, missing or wrongly typed field is refused by name, all of them at once. Safe for concurrent use.
 */
public final class Json {
    /** Deepest nesting of objects and arrays in any document or payload. */
    public static final int DEPTH_MAX = 200;
    /** Longest text value, in characters; base64 fields are bounded by the document instead. */
    public static final int TEXT_CHARS_MAX = Limits.MIB;

    static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(6).toFormatter().withZone(ZoneOffset.UTC);

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxDocumentLength(Limits.REQUEST_BODY_BYTES_MAX)
                    .maxStringLength(TEXT_CHARS_MAX)
                    .maxNameLength(4096)
                    .maxNumberLength(1000)
                    .build())
            .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
            .build();

    private Json() {}

    /** Reads a request; refuses whatever the record does not know. */
    public static <T extends Record> T read(byte[] document, Class<T> type) throws InvalidException {
        return read(document, type, true);
    }

    /** Reads an answer of a node that may be newer than we are: unknown fields are skipped. */
    public static <T extends Record> T readAnswer(byte[] document, Class<T> type) throws InvalidException {
        return read(document, type, false);
    }

    private static <T extends Record> T read(byte[] document, Class<T> type, boolean strict) throws InvalidException {
        List<FieldProblem> problems = new ArrayList<>();
        Object value = null;
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), document)) {
            JsonReader reader = new JsonReader(in, strict, problems);
            try {
                value = reader.document(new Shape.Nested(type));
            } catch (JacksonException e) {
                if (!reader.isBrokenOff()) {
                    throw e;
                }
            }
        } catch (JacksonException e) {
            problems.add(syntaxProblem(e));
        }
        if (value == null || !problems.isEmpty()) {
            throw new InvalidException(ErrorCode.REQUEST_INVALID, problems);
        }
        return type.cast(value);
    }

    /** Any JSON text. */
    public static JsonValue parse(byte[] document) throws InvalidException {
        List<FieldProblem> problems = new ArrayList<>();
        Object value = null;
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), document)) {
            value = new JsonReader(in, true, problems).document(new Shape.Anything());
        } catch (JacksonException e) {
            problems.add(syntaxProblem(e));
        }
        if (value == null || !problems.isEmpty()) {
            throw new InvalidException(ErrorCode.REQUEST_INVALID, problems);
        }
        return (JsonValue) value;
    }

    /** Whether the bytes are exactly one JSON value; says where they are not. Keeps nothing. */
    public static void check(byte[] document) throws InvalidException {
        try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), document)) {
            if (in.nextToken() == null) {
                throw new InvalidException(ErrorCode.REQUEST_INVALID, "not valid JSON: it is empty");
            }
            in.skipChildren();
            in.finishToken();
            if (in.nextToken() != null) {
                throw new InvalidException(ErrorCode.REQUEST_INVALID, "not valid JSON: text after the value");
            }
        } catch (JacksonException e) {
            throw new InvalidException(ErrorCode.REQUEST_INVALID, List.of(syntaxProblem(e)));
        }
    }

    /** UTF-8, one line. */
    public static byte[] write(Record value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        JsonWriter.write(FACTORY, out, Shape.of(value.getClass()), value, false);
        return out.toByteArray();
    }

    /** UTF-8, one line. */
    public static byte[] write(JsonValue value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        JsonWriter.write(FACTORY, out, new Shape.Anything(), value, false);
        return out.toByteArray();
    }

    /** One line. */
    public static String text(Record value) {
        return new String(write(value), StandardCharsets.UTF_8);
    }

    /** One line. */
    public static String text(JsonValue value) {
        return new String(write(value), StandardCharsets.UTF_8);
    }

    /** Indented, for people. */
    public static String pretty(Record value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        JsonWriter.write(FACTORY, out, Shape.of(value.getClass()), value, true);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Indented, for people. */
    public static String pretty(JsonValue value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        JsonWriter.write(FACTORY, out, new Shape.Anything(), value, true);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** RFC 3339 in UTC with microseconds, as all instants are written. */
    public static String time(Instant instant) {
        return TIME.format(instant);
    }

    private static FieldProblem syntaxProblem(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        String where = at == null || at.getLineNr() <= 0
                ? ""
                : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
        return new FieldProblem("", "not valid JSON: " + e.getOriginalMessage() + where);
    }
}
