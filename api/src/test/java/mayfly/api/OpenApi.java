package mayfly.api;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mayfly.base.ErrorCode;

/** Makes openapi.json from the routes and the wire records. */
final class OpenApi {
    private final Map<String, JsonValue> schemas = new TreeMap<>();

    private OpenApi() {}

    static String document() {
        return Json.pretty(new OpenApi().whole()) + "\n";
    }

    private JsonValue whole() {
        SequencedMap<String, JsonValue> paths = new LinkedHashMap<>();
        for (Route route : Route.values()) {
            JsonValue.JsonObject item = (JsonValue.JsonObject)
                    paths.computeIfAbsent(route.template(), _ -> new JsonValue.JsonObject(new LinkedHashMap<>()));
            item.members().put(route.method().name().toLowerCase(java.util.Locale.ROOT), operation(route));
        }
        schemaOf(Problem.class, true);
        return object(
                "openapi", text("3.1.0"),
                "info",
                        object(
                                "title", text("Mayfly"),
                                "version", text("1"),
                                "description",
                                        text("A serverless platform in which every unit of work gets its own machine."),
                                "license", object("name", text("Apache-2.0"), "identifier", text("Apache-2.0"))),
                "security", array(object("token", array())),
                "paths", new JsonValue.JsonObject(paths),
                "components",
                        object(
                                "schemas",
                                new JsonValue.JsonObject(new LinkedHashMap<>(schemas)),
                                "securitySchemes",
                                object("token", object("type", text("http"), "scheme", text("bearer")))));
    }

    private JsonValue operation(Route route) {
        SequencedMap<String, JsonValue> out = new LinkedHashMap<>();
        out.put("operationId", text(route.name().toLowerCase(java.util.Locale.ROOT)));
        out.put("summary", text(route.summary()));
        if (route.open()) {
            out.put("security", array());
        }
        List<JsonValue> parameters = Stream.concat(
                        route.segments().stream().filter(s -> s.startsWith("{")).map(OpenApi::pathParameter),
                        route.query().stream().map(OpenApi::queryParameter))
                .toList();
        if (!parameters.isEmpty()) {
            out.put("parameters", new JsonValue.JsonArray(parameters));
        }
        switch (route.request()) {
            case Body.None _ -> {}
            case Body.Document(Class<? extends Record> type) ->
                out.put("requestBody", object("required", JsonValue.of(true), "content", json(schemaOf(type, false))));
            case Body.Payload(String description) ->
                out.put("requestBody", object("description", text(description), "content", anyContent()));
        }
        out.put("responses", responses(route));
        return new JsonValue.JsonObject(out);
    }

    private JsonValue responses(Route route) {
        SequencedMap<String, JsonValue> out = new LinkedHashMap<>();
        out.put(
                String.valueOf(route.status()),
                switch (route.response()) {
                    case Body.None _ -> object("description", text("Done"));
                    case Body.Document(Class<? extends Record> type) ->
                        object("description", text(doc(type)), "content", json(schemaOf(type, true)));
                    case Body.Payload(String description) ->
                        object("description", text(description), "content", anyContent());
                });
        Map<Integer, List<ErrorCode>> byStatus = Stream.concat(route.errors().stream(), Route.commonErrors().stream())
                .collect(Collectors.groupingBy(ErrorCode::status, TreeMap::new, Collectors.toList()));
        byStatus.forEach((status, codes) -> out.put(
                String.valueOf(status),
                object(
                        "description",
                        text(codes.stream().map(ErrorCode::code).collect(Collectors.joining(", "))),
                        "content",
                        object(
                                Problem.MEDIA_TYPE,
                                object("schema", object("$ref", text("#/components/schemas/Problem")))))));
        return new JsonValue.JsonObject(out);
    }

    private static JsonValue pathParameter(String segment) {
        return object(
                "name", text(segment.substring(1, segment.length() - 1)),
                "in", text("path"),
                "required", JsonValue.of(true),
                "schema", object("type", text("string")));
    }

    private static JsonValue queryParameter(QueryParameter parameter) {
        return object(
                "name", text(parameter.name()),
                "in", text("query"),
                "description", text(parameter.description()),
                "schema",
                        switch (parameter.kind()) {
                            case TEXT -> object("type", text("string"));
                            case WHOLE -> object("type", text("integer"), "minimum", JsonValue.of(0));
                            case TRUTH -> object("type", text("boolean"));
                        });
    }

    private JsonValue schemaOf(Class<? extends Record> type, boolean answer) {
        String name = type.getEnclosingClass() == null
                ? type.getSimpleName()
                : type.getEnclosingClass().getSimpleName() + type.getSimpleName();
        if (!schemas.containsKey(name)) {
            schemas.put(name, JsonValue.NULL); // stops records that hold themselves
            schemas.put(name, recordSchema(type, answer));
        }
        return object("$ref", text("#/components/schemas/" + name));
    }

    private JsonValue recordSchema(Class<? extends Record> type, boolean answer) {
        SequencedMap<String, JsonValue> properties = new LinkedHashMap<>();
        List<Shape.Field> fields = new Shape.Nested(type).fields();
        for (int i = 0; i < fields.size(); i++) {
            JsonValue.JsonObject schema =
                    (JsonValue.JsonObject) schema(fields.get(i).shape(), answer);
            Doc doc = type.getRecordComponents()[i].getAnnotation(Doc.class);
            if (doc != null) {
                schema.members().put("description", text(doc.value()));
            }
            properties.put(fields.get(i).name(), schema);
        }
        List<JsonValue> required = fields.stream()
                .filter(f -> !f.optional() && (answer || !isCollection(f.shape())))
                .map(f -> text(f.name()))
                .toList();
        SequencedMap<String, JsonValue> out = new LinkedHashMap<>();
        out.put("type", text("object"));
        if (!doc(type).isEmpty()) {
            out.put("description", text(doc(type)));
        }
        out.put("properties", new JsonValue.JsonObject(properties));
        if (!required.isEmpty()) {
            out.put("required", new JsonValue.JsonArray(required));
        }
        out.put("additionalProperties", JsonValue.of(false));
        return new JsonValue.JsonObject(out);
    }

    private JsonValue schema(Shape shape, boolean answer) {
        return switch (shape) {
            case Shape.Text _ -> object("type", text("string"));
            case Shape.Whole whole ->
                object("type", text("integer"), "format", text(whole.max() == Integer.MAX_VALUE ? "int32" : "int64"));
            case Shape.Real _ -> object("type", text("number"));
            case Shape.Truth _ -> object("type", text("boolean"));
            case Shape.Time _ -> object("type", text("string"), "format", text("date-time"));
            case Shape.Binary _ -> object("type", text("string"), "contentEncoding", text("base64"));
            case Shape.Anything _ -> object();
            case Shape.Choice choice ->
                object(
                        "type",
                        text("string"),
                        "enum",
                        new JsonValue.JsonArray(
                                choice.words().stream().map(JsonValue::of).toList()));
            case Shape.ListOf list -> object("type", text("array"), "items", schema(list.item(), answer));
            case Shape.MapOf map -> object("type", text("object"), "additionalProperties", schema(map.value(), answer));
            case Shape.Nested nested -> schemaOf(nested.type(), answer);
        };
    }

    private static boolean isCollection(Shape shape) {
        return shape instanceof Shape.ListOf || shape instanceof Shape.MapOf;
    }

    private static String doc(Class<?> type) {
        Doc doc = type.getAnnotation(Doc.class);
        return doc == null ? "" : doc.value();
    }

    private static JsonValue json(JsonValue schema) {
        return object("application/json", object("schema", schema));
    }

    private static JsonValue anyContent() {
        return object("application/json", object(), "*/*", object());
    }

    private static JsonValue text(String text) {
        return JsonValue.of(text);
    }

    private static JsonValue array(JsonValue... items) {
        return new JsonValue.JsonArray(Arrays.asList(items));
    }

    private static JsonValue object(Object... namesAndValues) {
        SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            members.put((String) namesAndValues[i], (JsonValue) namesAndValues[i + 1]);
        }
        return new JsonValue.JsonObject(members);
    }
}
