package mayfly.api;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import mayfly.api.Shape.Field;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;

/** Reads one document into the value its shape describes, noting every problem on the way instead of stopping at one. */
final class JsonReader {
    private static final int PROBLEMS_MAX = 20;
    private static final int SHOWN_CHARS_MAX = 40;

    private final JsonParser in;
    private final boolean strict;
    private final List<FieldProblem> problems;
    private boolean brokenOff;

    JsonReader(JsonParser in, boolean strict, List<FieldProblem> problems) {
        this.in = in;
        this.strict = strict;
        this.problems = problems;
    }

    /** Null when a problem was noted. */
    @Nullable
    Object document(Shape shape) {
        if (in.nextToken() == null) {
            problem("", "not valid JSON: it is empty");
            return null;
        }
        Object value = value(shape, "");
        if (in.nextToken() != null) {
            problem("", "not valid JSON: text after the value");
            return null;
        }
        return value;
    }

    /** Reads the value at the current token and leaves the parser at its last token. */
    private @Nullable Object value(Shape shape, String path) {
        return switch (shape) {
            case Shape.Text _ -> in.currentToken() == JsonToken.VALUE_STRING ? text(path) : mistyped(path, "a string");
            case Shape.Whole whole -> whole(whole, path);
            case Shape.Real _ ->
                in.currentToken().isNumeric() ? (Object) in.getDoubleValue() : mistyped(path, "a number");
            case Shape.Truth _ ->
                in.currentToken().isBoolean() ? (Object) in.getBooleanValue() : mistyped(path, "true or false");
            case Shape.Time _ -> time(path);
            case Shape.Binary _ ->
                in.currentToken() == JsonToken.VALUE_STRING ? binary(path) : mistyped(path, "a string in base64");
            case Shape.Anything _ -> anything(path);
            case Shape.Choice choice -> choice(choice, path);
            case Shape.ListOf list -> list(list, path);
            case Shape.MapOf map -> map(map, path);
            case Shape.Nested nested -> nested(nested, path);
        };
    }

    private @Nullable Object nested(Shape.Nested shape, String path) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            return mistyped(path, "an object");
        }
        int before = problems.size();
        List<Field> fields = shape.fields();
        Object[] values = new Object[fields.size()];
        boolean[] seen = new boolean[fields.size()];
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String name = in.currentName();
            in.nextToken();
            int at = indexOf(fields, name);
            if (at < 0) {
                in.skipChildren();
                if (strict) {
                    List<String> known = fields.stream().map(Field::name).toList();
                    problem(join(path, shown(name)), "unknown field" + Nearest.hint(name, known));
                }
            } else if (seen[at]) {
                in.skipChildren();
                problem(join(path, name), "given more than once");
            } else {
                seen[at] = true;
                values[at] = field(fields.get(at), join(path, name));
            }
        }
        for (int i = 0; i < values.length; i++) {
            if (!seen[i]) {
                values[i] = absent(fields.get(i), join(path, fields.get(i).name()), "required");
            }
        }
        return problems.size() == before ? shape.make(values) : null;
    }

    private @Nullable Object field(Field field, String path) {
        boolean takesNull = field.shape() instanceof Shape.Anything;
        if (in.currentToken() == JsonToken.VALUE_NULL && !takesNull) {
            return absent(field, path, "must not be null");
        }
        Object value = value(field.shape(), path);
        return field.optional() ? Optional.ofNullable(value) : value;
    }

    private @Nullable Object absent(Field field, String path, String complaint) {
        if (field.optional()) {
            return Optional.empty();
        } else if (field.shape() instanceof Shape.ListOf) {
            return List.of();
        } else if (field.shape() instanceof Shape.MapOf) {
            return Map.of();
        }
        problem(path, complaint);
        return null;
    }

    private @Nullable Object list(Shape.ListOf shape, String path) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            return mistyped(path, "an array");
        }
        List<Object> items = new ArrayList<>();
        for (int i = 0; in.nextToken() != JsonToken.END_ARRAY; i++) {
            Object item = value(shape.item(), path + "[" + i + "]");
            if (item != null) {
                items.add(item);
            }
        }
        return List.copyOf(items);
    }

    private @Nullable Object map(Shape.MapOf shape, String path) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            return mistyped(path, "an object");
        }
        SequencedMap<String, Object> members = new LinkedHashMap<>();
        while (in.nextToken() != JsonToken.END_OBJECT) {
            String name = in.currentName();
            in.nextToken();
            String at = join(path, shown(name));
            Object value = value(shape.value(), at);
            if (value != null && members.put(name, value) != null) {
                problem(at, "given more than once");
            }
        }
        return members;
    }

    private @Nullable Object anything(String path) {
        return switch (in.currentToken()) {
            case VALUE_NULL -> JsonValue.NULL;
            case VALUE_TRUE, VALUE_FALSE -> new JsonValue.JsonBoolean(in.getBooleanValue());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonValue.JsonNumber(in.getString());
            case VALUE_STRING -> text(path) instanceof String text ? new JsonValue.JsonText(text) : null;
            case START_ARRAY -> {
                List<JsonValue> items = new ArrayList<>();
                for (int i = 0; in.nextToken() != JsonToken.END_ARRAY; i++) {
                    if (anything(path + "[" + i + "]") instanceof JsonValue item) {
                        items.add(item);
                    }
                }
                yield new JsonValue.JsonArray(items);
            }
            case START_OBJECT -> {
                SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
                while (in.nextToken() != JsonToken.END_OBJECT) {
                    String name = in.currentName();
                    in.nextToken();
                    if (anything(join(path, shown(name))) instanceof JsonValue value) {
                        members.put(name, value);
                    }
                }
                yield new JsonValue.JsonObject(members);
            }
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new AssertionError("not the start of a value: " + in.currentToken());
        };
    }

    private @Nullable Object text(String path) {
        String text = in.getString();
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                boolean pair = i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
                if (!pair) {
                    problem(path, "not valid Unicode: half of a surrogate pair");
                    return null;
                }
                i++;
            }
        }
        return text;
    }

    /** The parser decodes while it reads: after a failure it is in the middle of the text, and nothing more can be read. */
    private Object binary(String path) {
        try {
            return in.getBinaryValue();
        } catch (UnexpectedEndOfInputException e) {
            throw e;
        } catch (StreamReadException e) {
            problem(path, "must be a string in base64; " + e.getOriginalMessage());
            brokenOff = true;
            throw e;
        }
    }

    /** Whether reading was broken off by a problem that was noted already. */
    boolean isBrokenOff() {
        return brokenOff;
    }

    private @Nullable Object whole(Shape.Whole shape, String path) {
        if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            return mistyped(path, "a whole number");
        }
        try {
            long number = in.getLongValue();
            if (number >= shape.min() && number <= shape.max()) {
                return shape.max() == Integer.MAX_VALUE ? (Object) (int) number : (Object) number;
            }
        } catch (InputCoercionException e) {
            // beyond 64 bits: the same complaint
        }
        problem(path, "must be from " + shape.min() + " to " + shape.max());
        return null;
    }

    private @Nullable Object time(String path) {
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            return mistyped(path, "a time like 2026-01-31T08:00:00Z");
        }
        try {
            return Instant.parse(in.getString());
        } catch (DateTimeParseException e) {
            problem(path, "must be a time like 2026-01-31T08:00:00Z");
            return null;
        }
    }

    private @Nullable Object choice(Shape.Choice shape, String path) {
        String allowed = "one of " + String.join(", ", shape.words());
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            return mistyped(path, allowed);
        }
        String word = in.getString();
        int at = shape.words().indexOf(word);
        if (at < 0) {
            problem(path, "must be " + allowed + "; found \"" + shown(word) + "\"" + Nearest.hint(word, shape.words()));
            return null;
        }
        return shape.constants().get(at);
    }

    private @Nullable Object mistyped(String path, String expected) {
        String found = switch (in.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_NULL -> "null";
            case VALUE_STRING -> "the string \"" + shown(in.getString()) + "\"";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + shown(in.getString());
            case VALUE_TRUE, VALUE_FALSE -> in.getString();
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new AssertionError("not the start of a value: " + in.currentToken());
        };
        problem(path, "must be " + expected + "; found " + found);
        in.skipChildren();
        return null;
    }

    private void problem(String path, String message) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(new FieldProblem(path, message));
        }
    }

    private static int indexOf(List<Field> fields, String name) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String shown(String text) {
        String cut = text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "…";
        return cut.codePoints()
                .map(c -> Character.isISOControl(c) || (c >= 0xd800 && c <= 0xdfff) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
