package mayfly.runner.protocol;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A message and its bytes, as the codec that Rivet publishes wrote them: every member of every union, with and without what is optional.
 *
 * @param message a ToServer, a ToClient or a ToServerlessServer
 */
record Golden(Object message, String hex) {
    private static final MessageId ID = new MessageId(0x01020304, 0xfffefdfc, 0xabcd);
    private static final String TUNNEL_TO_SERVER = "0601020304fffefdfccdab";
    private static final String TUNNEL_TO_CLIENT = "0401020304fffefdfccdab";
    private static final String KV_REQUEST = "05046163743701000080";
    private static final String KV_RESPONSE = "0309000000";
    private static final String EVENT = "0101016103000000ffffffffffffffff";

    byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    @Override
    public String toString() {
        return message.getClass().getName().replaceAll(".*\\.", "") + " " + hex;
    }

    static List<Golden> all() {
        return Stream.of(
                        toServer(),
                        events(),
                        kvRequests(),
                        tunnelToServer(),
                        toClient(),
                        kvResponses(),
                        tunnelToClient())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Golden> toServer() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("counter", "{}");
        names.put("zähler", "{\"a\":1}");
        return List.of(
                new Golden(
                        new ToServer.Init("pool", -1, 100, Optional.of(names), Optional.of("{\"k\":\"v\"}")),
                        "0004706f6f6cffffffff64000000010207636f756e746572027b7d077ac3a4686c6572077b2261223a317d01097b226b223a2276227d"),
                new Golden(new ToServer.Init("", 1, 1, Optional.empty(), Optional.empty()), "000001000000010000000000"),
                new Golden(
                        new ToServer.AckCommands(
                                List.of(new ActorCheckpoint("a", 0, 0), new ActorCheckpoint("b", 1, 2))),
                        "020201610000000000000000000000000162010000000200000000000000"),
                new Golden(new ToServer.Stopping(), "03"),
                new Golden(new ToServer.Pong(-2), "04feffffffffffffff"),
                new Golden(new ToServerlessServer.Init("run1", 7), "0700000472756e310700"));
    }

    private static Golden event(Event inner, String rest) {
        return new Golden(
                new ToServer.Events(List.of(new EventWrapper(new ActorCheckpoint("a", 3, -1), inner))), EVENT + rest);
    }

    private static List<Golden> events() {
        return List.of(
                new Golden(new ToServer.Events(List.of()), "0100"),
                event(new Event.Intent(ActorIntent.SLEEP), "0000"),
                event(new Event.Intent(ActorIntent.STOP), "0001"),
                event(new Event.StateUpdate(new ActorState.Running()), "0100"),
                event(new Event.StateUpdate(new ActorState.Stopped(StopCode.OK, Optional.empty())), "01010000"),
                event(
                        new Event.StateUpdate(new ActorState.Stopped(StopCode.ERROR, Optional.of("boom"))),
                        "0101010104626f6f6d"),
                event(new Event.SetAlarm(OptionalLong.of(1_800_000_000_123L)), "02017b505c18a3010000"),
                event(new Event.SetAlarm(OptionalLong.empty()), "0200"));
    }

    private static Golden kv(KvRequestData data, String rest) {
        return new Golden(new ToServer.KvRequest("act7", 0x80000001, data), KV_REQUEST + rest);
    }

    private static List<Golden> kvRequests() {
        return List.of(
                kv(new KvRequestData.Get(List.of(new byte[0], bytes(1, 2))), "00020002" + "0102"),
                kv(
                        new KvRequestData.Listing(new KvListQuery.All(), Optional.empty(), OptionalLong.empty()),
                        "01000000"),
                kv(
                        new KvRequestData.Listing(
                                new KvListQuery.Range(bytes(1), bytes(2), true),
                                Optional.of(true),
                                OptionalLong.of(-1)),
                        "01010101010201010101ffffffffffffffff"),
                kv(
                        new KvRequestData.Listing(
                                new KvListQuery.Prefix(bytes(5)), Optional.of(false), OptionalLong.of(10)),
                        "010201050100010a00000000000000"),
                kv(new KvRequestData.Put(List.of(bytes(1)), List.of(bytes(9, 9, 9))), "020101010103090909"),
                kv(new KvRequestData.Delete(List.of(bytes(1))), "03010101"),
                kv(new KvRequestData.DeleteRange(bytes(1), bytes(2)), "0401010102"),
                kv(new KvRequestData.Drop(), "05"));
    }

    private static Golden toServer(ToServerKind kind, String rest) {
        return new Golden(new ToServer.TunnelMessage(ID, kind), TUNNEL_TO_SERVER + rest);
    }

    private static List<Golden> tunnelToServer() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "text/plain");
        headers.put("x", "é€😀");
        return List.of(
                toServer(
                        new ToServerKind.ResponseStart(404, headers, Optional.of(bytes(1, 2, 3)), false),
                        "009401020c636f6e74656e742d747970650a746578742f706c61696e017809c3a9e282acf09f9880010301020300"),
                toServer(new ToServerKind.ResponseStart(200, Map.of(), Optional.empty(), true), "00c800000001"),
                toServer(new ToServerKind.ResponseChunk(bytes(7), true), "01010701"),
                toServer(new ToServerKind.ResponseAbort(), "02"),
                toServer(new ToServerKind.WebSocketOpen(true), "0301"),
                toServer(new ToServerKind.WebSocketMessage(bytes('h', 'i'), false), "0402686900"),
                toServer(new ToServerKind.WebSocketMessageAck(65535), "05ffff"),
                toServer(
                        new ToServerKind.WebSocketClose(OptionalInt.of(1000), Optional.of("bye"), true),
                        "0601e803010362796501"),
                toServer(new ToServerKind.WebSocketClose(OptionalInt.empty(), Optional.empty(), false), "06000000"));
    }

    private static List<Golden> toClient() {
        return List.of(
                new Golden(
                        new ToClient.Init("run1", new ProtocolMetadata(15_000, 1_800_000, OptionalLong.of(10_000))),
                        "000472756e31983a00000000000040771b0000000000011027000000000000"),
                new Golden(
                        new ToClient.Init("r", new ProtocolMetadata(1, 2, OptionalLong.empty())),
                        "0001720100000000000000020000000000000000"),
                new Golden(
                        new ToClient.Commands(List.of(
                                new CommandWrapper(
                                        new ActorCheckpoint("act1", 0, 0),
                                        new Command.StartActor(
                                                new ActorConfig(
                                                        "counter",
                                                        Optional.of("a/b"),
                                                        1_700_000_000_000L,
                                                        Optional.of(bytes(0xa1))),
                                                List.of(new HibernatingRequest(1, 2)))),
                                new CommandWrapper(new ActorCheckpoint("act1", 0, 1), new Command.StopActor()))),
                        "010204616374310000000000000000000000000007636f756e7465720103612f620068e5cf8b010000"
                                + "0101a1010000000100000002046163743100000000010000000000000001"),
                new Golden(
                        new ToClient.Commands(List.of(new CommandWrapper(
                                new ActorCheckpoint("x", 5, 6),
                                new Command.StartActor(
                                        new ActorConfig("n", Optional.empty(), 0, Optional.empty()), List.of())))),
                        "0101017805000000060000000000000000016e0000000000000000000000"),
                new Golden(
                        new ToClient.AckEvents(List.of(new ActorCheckpoint("act1", 2, 300))),
                        "02010461637431020000002c01000000000000"),
                new Golden(new ToClient.Ping(1_800_000_000_000L), "0500505c18a3010000"));
    }

    private static Golden kv(KvResponseData data, String rest) {
        return new Golden(new ToClient.KvResponse(9, data), KV_RESPONSE + rest);
    }

    private static List<Golden> kvResponses() {
        return List.of(
                kv(new KvResponseData.Failed("actor does not exist"), "00146163746f7220646f6573206e6f74206578697374"),
                kv(
                        new KvResponseData.Get(
                                List.of(bytes(1)), List.of(bytes(2, 3)), List.of(new KvMetadata(bytes(4), 5))),
                        "010101010102020301" + "01040500000000000000"),
                kv(new KvResponseData.Listing(List.of(), List.of(), List.of()), "02000000"),
                kv(new KvResponseData.Put(), "03"),
                kv(new KvResponseData.Delete(), "04"),
                kv(new KvResponseData.Drop(), "05"));
    }

    private static Golden toClient(ToClientKind kind, String rest) {
        return new Golden(new ToClient.TunnelMessage(ID, kind), TUNNEL_TO_CLIENT + rest);
    }

    private static List<Golden> tunnelToClient() {
        byte[] sevens = new byte[200];
        Arrays.fill(sevens, (byte) 7);
        return List.of(
                toClient(
                        new ToClientKind.RequestStart(
                                "act1", "POST", "/action/x?y=1", Map.of("host", "h"), Optional.of(bytes(1)), false),
                        "00046163743104504f53540d2f616374696f6e2f783f793d310104686f7374016801010100"),
                toClient(
                        new ToClientKind.RequestStart("act1", "GET", "/", Map.of(), Optional.empty(), true),
                        "00046163743103474554012f000001"),
                toClient(new ToClientKind.RequestChunk(sevens, false), "01c801" + "07".repeat(200) + "00"),
                toClient(new ToClientKind.RequestAbort(), "02"),
                toClient(
                        new ToClientKind.WebSocketOpen("a", "/connect", Map.of("k", "v")),
                        "030161082f636f6e6e65637401016b0176"),
                toClient(new ToClientKind.WebSocketMessage(new byte[0], true), "040001"),
                toClient(new ToClientKind.WebSocketClose(OptionalInt.of(1011), Optional.of("x")), "0501f303010178"),
                toClient(new ToClientKind.WebSocketClose(OptionalInt.empty(), Optional.empty()), "050000"));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int at = 0; at < values.length; at++) {
            bytes[at] = (byte) values[at];
        }
        return bytes;
    }
}
