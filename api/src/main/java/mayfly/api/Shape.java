package mayfly.api;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How a Java type of a wire record looks in JSON. The codec and openapi.json are both made from it. */
sealed interface Shape {
    record Text() implements Shape {}

    /** @param min and max smallest and largest number the Java type holds */
    record Whole(long min, long max) implements Shape {}

    record Real() implements Shape {}

    record Truth() implements Shape {}

    /** RFC 3339 in UTC. */
    record Time() implements Shape {}

    /** Base64 with padding. */
    record Binary() implements Shape {}

    record Anything() implements Shape {}

    /** One of a fixed set of words: the constants of an enum in lower case. */
    record Choice(List<String> words, List<Enum<?>> constants) implements Shape {}

    record ListOf(Shape item) implements Shape {}

    record MapOf(Shape value) implements Shape {}

    /** A JSON object made from a record; {@code fields} is empty until the first use, for records that nest. */
    record Nested(Class<? extends Record> type) implements Shape {
        List<Field> fields() {
            return FIELDS.get(type);
        }

        Record make(Object[] values) {
            try {
                return CONSTRUCTORS.get(type).newInstance(values);
            } catch (InvocationTargetException e) {
                throw new AssertionError(type + " refused well-typed values", e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(type + " cannot be made", e);
            }
        }
    }

    /**
     * A component of a record.
     *
     * @param name in snake case
     * @param optional whether it may be absent; it is then an empty Optional
     */
    record Field(String name, Shape shape, boolean optional, Method accessor) {
        Object of(Record from) {
            try {
                return accessor.invoke(from);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError("cannot read " + accessor, e);
            }
        }
    }

    ClassValue<List<Field>> FIELDS = new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
            List<Field> fields = new ArrayList<>();
            for (RecordComponent component : type.getRecordComponents()) {
                Type generic = component.getGenericType();
                boolean optional = component.getType() == Optional.class;
                Shape shape = Shape.of(optional ? argument(generic, 0) : generic);
                fields.add(new Field(snakeCase(component.getName()), shape, optional, component.getAccessor()));
            }
            return List.copyOf(fields);
        }
    };

    ClassValue<Constructor<? extends Record>> CONSTRUCTORS = new ClassValue<>() {
        @Override
        protected Constructor<? extends Record> computeValue(Class<?> type) {
            Class<?>[] types = Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            try {
                return type.asSubclass(Record.class).getDeclaredConstructor(types);
            } catch (NoSuchMethodException e) {
                throw new AssertionError("a record has a canonical constructor", e);
            }
        }
    };

    static Shape of(Type type) {
        return switch (type) {
            case Class<?> plain -> ofClass(plain);
            case ParameterizedType generic
            when generic.getRawType() == List.class -> new ListOf(of(argument(generic, 0)));
            case ParameterizedType generic
            when generic.getRawType() == Map.class && argument(generic, 0) == String.class ->
                new MapOf(of(argument(generic, 1)));
            default -> throw new AssertionError("no JSON shape for " + type);
        };
    }

    private static Shape ofClass(Class<?> type) {
        if (type == String.class) {
            return new Text();
        } else if (type == int.class || type == Integer.class) {
            return new Whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
        } else if (type == long.class || type == Long.class) {
            return new Whole(Long.MIN_VALUE, Long.MAX_VALUE);
        } else if (type == double.class || type == Double.class) {
            return new Real();
        } else if (type == boolean.class || type == Boolean.class) {
            return new Truth();
        } else if (type == Instant.class) {
            return new Time();
        } else if (type == byte[].class) {
            return new Binary();
        } else if (type == JsonValue.class) {
            return new Anything();
        } else if (type.isEnum()) {
            List<Enum<?>> constants = List.of((Enum<?>[]) type.getEnumConstants());
            return new Choice(constants.stream().map(Shape::word).toList(), constants);
        } else if (type.isRecord()) {
            return new Nested(type.asSubclass(Record.class));
        }
        throw new AssertionError("no JSON shape for " + type);
    }

    /** How an enum constant is written on the wire. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static Type argument(Type generic, int index) {
        return ((ParameterizedType) generic).getActualTypeArguments()[index];
    }

    private static String snakeCase(String name) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                out.append('_').append((char) (c + 32));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
