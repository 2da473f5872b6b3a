package mayfly.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whatever the bytes are, reading ends in a value or in an InvalidException that has something to say. */
class JsonFuzzTest {
    private static final long SEED = Long.getLong("mayfly.seed", 20260131L);
    private static final String VALID = """
            {"name":"hello","runtime":"python3","handler":"main.handler","code":"def handler(e):\\n  return 1\\n",
             "env":{"A":"b","C":"\\u00e9"},"memory_mb":128,"timeout_ms":3000,"isolation":"any","reuse":"fresh",
             "record":"durable","concurrency":4,"min_warm":0,"max_machines":2,"tags":["a","b"]}""";

    @Test
    void mutatedRequestsAreReadOrRefused() throws InvalidException {
        byte[] valid = VALID.getBytes(UTF_8);
        assertThat(Json.read(valid, FunctionRequest.class).runtime()).isEqualTo("python3");
        Random random = new Random(SEED);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] mutant = mutate(valid, random);
            try {
                byte[] again = Json.write(Json.read(mutant, FunctionRequest.class));
                assertThat(Json.write(Json.read(again, FunctionRequest.class))).isEqualTo(again);
                read++;
            } catch (InvalidException e) {
                assertThat(e.problems()).as("seed %d round %d", SEED, round).isNotEmpty();
                assertThat(e.getMessage().chars().anyMatch(c -> c < ' '))
                        .as("control characters in: %s", e.getMessage())
                        .isFalse();
            }
        }
        assertThat(read).as("some mutants are still valid").isPositive();
    }

    @Test
    void anyValueSurvivesWritingAndReading() throws InvalidException {
        Random random = new Random(SEED);
        for (int round = 0; round < 2_000; round++) {
            JsonValue value = value(random, 5);
            assertThat(Json.parse(Json.write(value)))
                    .as("seed %d round %d", SEED, round)
                    .isEqualTo(value);
            Json.check(Json.write(value));
            assertThat(Json.parse(Json.pretty(value).getBytes(UTF_8))).isEqualTo(value);
        }
    }

    private static byte[] mutate(byte[] from, Random random) {
        byte[] out = from.clone();
        String alphabet = "{}[]\",:\\0129.-eEntrufals \n\u0000";
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(out.length);
            switch (random.nextInt(4)) {
                case 0 -> out[at] = (byte) random.nextInt(256);
                case 1 -> out[at] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
                case 2 -> out = java.util.Arrays.copyOf(out, Math.max(1, at));
                default -> {
                    int to = random.nextInt(out.length);
                    int source = Math.min(at, from.length - 1);
                    System.arraycopy(
                            from, source, out, to, Math.min(4, Math.min(out.length - to, from.length - source)));
                }
            }
        }
        return out;
    }

    private static JsonValue value(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 4 : 6)) {
            case 0 -> JsonValue.NULL;
            case 1 -> JsonValue.of(random.nextBoolean());
            case 2 -> JsonValue.of(random.nextLong());
            case 3 -> JsonValue.of(text(random));
            case 4 ->
                new JsonValue.JsonArray(IntStream.range(0, random.nextInt(4))
                        .mapToObj(_ -> value(random, depth - 1))
                        .toList());
            default -> {
                SequencedMap<String, JsonValue> members = new LinkedHashMap<>();
                for (String name : List.of("a", "", text(random))) {
                    members.put(name, value(random, depth - 1));
                }
                yield new JsonValue.JsonObject(members);
            }
        };
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(6), 0, 0x110000)
                .map(c -> c >= 0xd800 && c < 0xe000 ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
