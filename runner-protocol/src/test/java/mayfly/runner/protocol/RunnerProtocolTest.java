package mayfly.runner.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages and bytes, held against what the published codec wrote. */
class RunnerProtocolTest {
    private static List<Golden> golden() {
        return Golden.all();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void messagesBecomeTheirBytes(Golden golden) {
        assertThat(HexFormat.of().formatHex(Coding.encode(golden.message()))).isEqualTo(golden.hex());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void bytesBecomeTheirMessage(Golden golden) throws Exception {
        assertThat(Coding.decodeLike(golden.message(), golden.bytes()))
                .usingRecursiveComparison()
                .isEqualTo(golden.message());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void noPartOfAMessageIsAMessage(Golden golden) {
        byte[] bytes = golden.bytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> Coding.decodeLike(golden.message(), part))
                    .as("%s bytes of %s", part.length, golden)
                    .isInstanceOf(MalformedMessageException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("golden")
    void nothingFollowsAMessage(Golden golden) {
        byte[] longer = Arrays.copyOf(golden.bytes(), golden.bytes().length + 3);
        assertThatThrownBy(() -> Coding.decodeLike(golden.message(), longer))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage("3 bytes too many at byte " + golden.bytes().length);
    }

    /** The whole of what every sealed type permits is in the table. */
    @Test
    void theTableIsWhole() throws Exception {
        Set<Class<?>> seen = new HashSet<>();
        for (Golden golden : Golden.all()) {
            Parts.collect(golden.message(), seen);
        }
        for (Class<?> union : List.of(
                ToServer.class,
                ToClient.class,
                ToServerlessServer.class,
                ToServerKind.class,
                ToClientKind.class,
                Command.class,
                Event.class,
                ActorState.class,
                KvRequestData.class,
                KvResponseData.class,
                KvListQuery.class)) {
            assertThat(seen).contains(union.getPermittedSubclasses());
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            # a tag of no member, in every union
            07, ToServer has no member 7 at byte 0
            80, ToServer has no member 128 at byte 0
            0601020304fffefdfccdab07, ToServerKind has no member 7 at byte 11
            0101016103000000ffffffffffffffff03, Event has no member 3 at byte 16
            0101016103000000ffffffffffffffff0002, ActorIntent has no member 2 at byte 17
            0101016103000000ffffffffffffffff0102, ActorState has no member 2 at byte 17
            0101016103000000ffffffffffffffff01010200, StopCode has no member 2 at byte 18
            0504616374370100008006, KvRequestData has no member 6 at byte 10
            0504616374370100008001030000, KvListQuery has no member 3 at byte 11
            # flags
            0601020304fffefdfccdab0302, a bool is 2 at byte 12
            0504616374370100008001000200, a bool is 2 at byte 12
            # lengths
            0501, a length of 1 with 0 bytes left at byte 1
            05ffffffff0f, a length of 4294967295 with 0 bytes left at byte 1
            05ffffffff10, a length of more than 32 bits at byte 1
            05ffffffffff01, a length of more than 32 bits at byte 1
            058000, a length that is not canonical at byte 1
            05848000, a length that is not canonical at byte 1
            01ffffff7f00, a length of 268435455 with 1 bytes left at byte 1
            02ffffff7f00, a length of 268435455 with 1 bytes left at byte 1
            # strings
            0501ff00, a string that is not UTF-8 at byte 2
            0502c08000, a string that is not UTF-8 at byte 2
            0503eda08000, a string that is not UTF-8 at byte 2
            0504f490808000, a string that is not UTF-8 at byte 2
            # a map with a key twice
            0601020304fffefdfccdab009401020161016201610163000000, a key that was there before at byte 19
            # numbers
            04feffffffffffff, 1 bytes missing at byte 1
            """)
    void faultsAreNamed(String hex, String message) {
        assertThatThrownBy(() -> RunnerProtocol.decodeToServer(HexFormat.of().parseHex(hex)))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            06, ToClient has no member 6 at byte 0
            0401020304fffefdfccdab06, ToClientKind has no member 6 at byte 11
            010100000000000000000000000000 02, Command has no member 2 at byte 15
            030900000006, KvResponseData has no member 6 at byte 5
            """)
    void faultsOfEnginesAreNamed(String hex, String message) {
        assertThatThrownBy(() -> RunnerProtocol.decodeToClient(HexFormat.of().parseHex(hex.replace(" ", ""))))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage(message);
    }

    @Test
    void otherVersionsOfTheServerlessPacketAreRefused() {
        byte[] bytes = HexFormat.of().parseHex("0600000472756e310700");
        assertThatThrownBy(() -> RunnerProtocol.decodeToServerlessServer(bytes))
                .hasMessage("version 6 of the runner protocol at byte 0");
    }

    @Test
    void theReplacementCharacterItselfIsAString() throws Exception {
        ToServer message = new ToServer.Init("\uFFFD", 1, 1, Optional.empty(), Optional.empty());
        assertThat(RunnerProtocol.decodeToServer(RunnerProtocol.encode(message)))
                .isEqualTo(message);
    }

    /** Half a character has no bytes: as everywhere in Java it becomes a question mark. */
    @Test
    void halfACharacterIsReplaced() throws Exception {
        byte[] bytes = RunnerProtocol.encode(new ToServer.Init("a\uD800b", 1, 1, Optional.empty(), Optional.empty()));
        assertThat(new String(bytes, 2, 3, StandardCharsets.UTF_8)).isEqualTo("a?b");
    }

    @Test
    void listsAndMapsHaveALimit() {
        byte[] keys = RunnerProtocol.encode(new ToServer.KvRequest(
                "a", 1, new KvRequestData.Get(Collections.nCopies(RunnerProtocol.LIST_ELEMENTS_MAX, new byte[0]))));
        assertThat(catchThrowable(() -> RunnerProtocol.decodeToServer(keys))).isNull();
        byte[] more = RunnerProtocol.encode(new ToServer.KvRequest(
                "a", 1, new KvRequestData.Get(Collections.nCopies(RunnerProtocol.LIST_ELEMENTS_MAX + 1, new byte[0]))));
        assertThatThrownBy(() -> RunnerProtocol.decodeToServer(more))
                .hasMessage("a list of 262145, over the limit of 262144 at byte 8");
        Map<String, String> headers = new LinkedHashMap<>();
        for (int at = 0; at <= RunnerProtocol.MAP_ENTRIES_MAX; at++) {
            headers.put(Integer.toString(at), "");
        }
        byte[] many = RunnerProtocol.encode(new ToServer.TunnelMessage(
                new MessageId(1, 2, 3), new ToServerKind.ResponseStart(200, headers, Optional.empty(), false)));
        assertThatThrownBy(() -> RunnerProtocol.decodeToServer(many))
                .hasMessage("a map of 65537, over the limit of 65536 at byte 14");
    }

    @Test
    void messagesHaveALimit() throws Exception {
        int overhead = RunnerProtocol.encode(chunk(new byte[1 << 21])).length - (1 << 21);
        byte[] largest = RunnerProtocol.encode(chunk(new byte[RunnerProtocol.MESSAGE_BYTES_MAX - overhead]));
        assertThat(largest).hasSize(RunnerProtocol.MESSAGE_BYTES_MAX);
        assertThat(RunnerProtocol.decodeToServer(largest)).isInstanceOf(ToServer.TunnelMessage.class);
        ToServer tooLarge = chunk(new byte[RunnerProtocol.MESSAGE_BYTES_MAX - overhead + 1]);
        assertThatThrownBy(() -> RunnerProtocol.encode(tooLarge)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RunnerProtocol.decodeToServer(new byte[RunnerProtocol.MESSAGE_BYTES_MAX + 1]))
                .isInstanceOf(MalformedMessageException.class);
        // Longer than an int can say: refused before anything is allocated for it.
        ToServer hugeTogether =
                new ToServer.KvRequest("a", 1, new KvRequestData.Get(Collections.nCopies(3000, new byte[1 << 20])));
        assertThatThrownBy(() -> RunnerProtocol.encode(hugeTogether)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ToServer chunk(byte[] body) {
        return new ToServer.TunnelMessage(new MessageId(1, 2, 3), new ToServerKind.ResponseChunk(body, true));
    }

    @Test
    void numbersOfTwoBytesAreHeldToThem() {
        assertThatThrownBy(() -> new MessageId(1, 2, 65536)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MessageId(1, 2, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ToServerKind.ResponseStart(65536, Map.of(), Optional.empty(), false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ToServerKind.WebSocketMessageAck(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ToServerKind.WebSocketClose(OptionalInt.of(65536), Optional.empty(), false))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ToClientKind.WebSocketClose(OptionalInt.of(-1), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ToServerlessServer.Init("r", 65536)).isInstanceOf(IllegalArgumentException.class);
    }
}
