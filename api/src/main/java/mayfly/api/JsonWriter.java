package mayfly.api;

import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mayfly.api.Shape.Field;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Writes the value a shape describes. Absent fields are left out. */
final class JsonWriter {
    private final JsonGenerator out;

    private JsonWriter(JsonGenerator out) {
        this.out = out;
    }

    static void write(JsonFactory factory, OutputStream to, Shape shape, Object value, boolean indented) {
        ObjectWriteContext context = indented ? new Indented() : ObjectWriteContext.empty();
        try (JsonGenerator generator = factory.createGenerator(context, to)) {
            new JsonWriter(generator).value(shape, value);
        }
    }

    private void value(Shape shape, Object value) {
        switch (shape) {
            case Shape.Text _ -> out.writeString(wellFormed((String) value));
            case Shape.Whole _ -> out.writeNumber(((Number) value).longValue());
            case Shape.Real _ -> out.writeNumber(((Number) value).doubleValue());
            case Shape.Truth _ -> out.writeBoolean((Boolean) value);
            case Shape.Time _ -> out.writeString(Json.time((Instant) value));
            case Shape.Binary _ -> out.writeBinary((byte[]) value);
            case Shape.Anything _ -> anything((JsonValue) value);
            case Shape.Choice _ -> out.writeString(Shape.word((Enum<?>) value));
            case Shape.ListOf list -> {
                out.writeStartArray();
                for (Object item : (List<?>) value) {
                    value(list.item(), item);
                }
                out.writeEndArray();
            }
            case Shape.MapOf map -> {
                out.writeStartObject();
                for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                    out.writeName(wellFormed((String) member.getKey()));
                    value(map.value(), member.getValue());
                }
                out.writeEndObject();
            }
            case Shape.Nested nested -> nested(nested, (Record) value);
        }
    }

    private void nested(Shape.Nested shape, Record value) {
        out.writeStartObject();
        for (Field field : shape.fields()) {
            Object member = field.of(value);
            if (field.optional()) {
                Optional<?> maybe = (Optional<?>) member;
                if (maybe.isEmpty()) {
                    continue;
                }
                member = maybe.get();
            }
            out.writeName(field.name());
            value(field.shape(), member);
        }
        out.writeEndObject();
    }

    private void anything(JsonValue value) {
        switch (value) {
            case JsonValue.JsonNull _ -> out.writeNull();
            case JsonValue.JsonBoolean(boolean truth) -> out.writeBoolean(truth);
            case JsonValue.JsonNumber(String digits) -> out.writeNumber(digits);
            case JsonValue.JsonText(String text) -> out.writeString(wellFormed(text));
            case JsonValue.JsonArray(List<JsonValue> items) -> {
                out.writeStartArray();
                items.forEach(this::anything);
                out.writeEndArray();
            }
            case JsonValue.JsonObject object -> {
                out.writeStartObject();
                object.members().forEach((name, member) -> {
                    out.writeName(wellFormed(name));
                    anything(member);
                });
                out.writeEndObject();
            }
        }
    }

    /** Text from outside (an error message of a guest) may hold halves of surrogate pairs, which UTF-8 cannot. */
    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return text.codePoints()
                        .map(c -> c >= 0xd800 && c <= 0xdfff ? 0xfffd : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return text;
    }

    private static final class Indented extends ObjectWriteContext.Base {
        @Override
        public PrettyPrinter getPrettyPrinter() {
            DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
            return new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        }

        @Override
        public boolean hasPrettyPrinter() {
            return true;
        }
    }
}
