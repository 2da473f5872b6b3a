package mayfly.checks.runner;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorConfig;
import mayfly.runner.protocol.ActorIntent;
import mayfly.runner.protocol.ActorState;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.Event;
import mayfly.runner.protocol.EventWrapper;
import mayfly.runner.protocol.HibernatingRequest;
import mayfly.runner.protocol.KvListQuery;
import mayfly.runner.protocol.KvMetadata;
import mayfly.runner.protocol.KvRequestData;
import mayfly.runner.protocol.KvResponseData;
import mayfly.runner.protocol.MessageId;
import mayfly.runner.protocol.ProtocolMetadata;
import mayfly.runner.protocol.StopCode;
import mayfly.runner.protocol.ToClient;
import mayfly.runner.protocol.ToClientKind;
import mayfly.runner.protocol.ToServer;
import mayfly.runner.protocol.ToServerKind;

/** Messages of every kind, with the values at which codecs differ: around a length's bytes, of every width in UTF-8. */
final class RandomMessages {
    /** No byte order mark: where a long string begins with one, the published codec loses it. */
    private static final int[] CHARACTERS = {
        'a', '/', '\0', 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x20ac, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600,
        0x10ffff
    };

    private static final int[] LENGTHS = {0, 1, 2, 15, 16, 126, 127, 128, 129, 255, 256, 257};
    private static final int RARE_LENGTH = 16_500;

    private final RandomGenerator random;

    RandomMessages(RandomGenerator random) {
        this.random = random;
    }

    ToServer toServer() {
        return switch (random.nextInt(7)) {
            case 0 ->
                new ToServer.Init(
                        string(), random.nextInt(), random.nextInt(), maybe(this::strings), maybe(this::string));
            case 1 -> new ToServer.Events(list(() -> new EventWrapper(checkpoint(), event())));
            case 2 -> new ToServer.AckCommands(list(this::checkpoint));
            case 3 -> new ToServer.Stopping();
            case 4 -> new ToServer.Pong(random.nextLong());
            case 5 -> new ToServer.KvRequest(string(), random.nextInt(), kvRequest());
            default -> new ToServer.TunnelMessage(messageId(), toServerKind());
        };
    }

    ToClient toClient() {
        return switch (random.nextInt(6)) {
            case 0 ->
                new ToClient.Init(string(), new ProtocolMetadata(random.nextLong(), random.nextLong(), maybeLong()));
            case 1 -> new ToClient.Commands(list(() -> new CommandWrapper(checkpoint(), command())));
            case 2 -> new ToClient.AckEvents(list(this::checkpoint));
            case 3 -> new ToClient.KvResponse(random.nextInt(), kvResponse());
            case 4 -> new ToClient.TunnelMessage(messageId(), toClientKind());
            default -> new ToClient.Ping(random.nextLong());
        };
    }

    private Event event() {
        return switch (random.nextInt(4)) {
            case 0 -> new Event.Intent(random.nextBoolean() ? ActorIntent.SLEEP : ActorIntent.STOP);
            case 1 -> new Event.StateUpdate(new ActorState.Running());
            case 2 ->
                new Event.StateUpdate(new ActorState.Stopped(
                        random.nextBoolean() ? StopCode.OK : StopCode.ERROR, maybe(this::string)));
            default -> new Event.SetAlarm(maybeLong());
        };
    }

    private Command command() {
        return random.nextBoolean()
                ? new Command.StopActor()
                : new Command.StartActor(
                        new ActorConfig(string(), maybe(this::string), random.nextLong(), maybe(this::bytes)),
                        list(() -> new HibernatingRequest(random.nextInt(), random.nextInt())));
    }

    private KvRequestData kvRequest() {
        return switch (random.nextInt(6)) {
            case 0 -> new KvRequestData.Get(list(this::bytes));
            case 1 -> new KvRequestData.Listing(kvQuery(), maybe(random::nextBoolean), maybeLong());
            case 2 -> new KvRequestData.Put(list(this::bytes), list(this::bytes));
            case 3 -> new KvRequestData.Delete(list(this::bytes));
            case 4 -> new KvRequestData.DeleteRange(bytes(), bytes());
            default -> new KvRequestData.Drop();
        };
    }

    private KvListQuery kvQuery() {
        return switch (random.nextInt(3)) {
            case 0 -> new KvListQuery.All();
            case 1 -> new KvListQuery.Range(bytes(), bytes(), random.nextBoolean());
            default -> new KvListQuery.Prefix(bytes());
        };
    }

    private KvResponseData kvResponse() {
        return switch (random.nextInt(6)) {
            case 0 -> new KvResponseData.Failed(string());
            case 1 -> new KvResponseData.Get(list(this::bytes), list(this::bytes), list(this::metadata));
            case 2 -> new KvResponseData.Listing(list(this::bytes), list(this::bytes), list(this::metadata));
            case 3 -> new KvResponseData.Put();
            case 4 -> new KvResponseData.Delete();
            default -> new KvResponseData.Drop();
        };
    }

    private ToServerKind toServerKind() {
        return switch (random.nextInt(7)) {
            case 0 -> new ToServerKind.ResponseStart(u16(), strings(), maybe(this::bytes), random.nextBoolean());
            case 1 -> new ToServerKind.ResponseChunk(bytes(), random.nextBoolean());
            case 2 -> new ToServerKind.ResponseAbort();
            case 3 -> new ToServerKind.WebSocketOpen(random.nextBoolean());
            case 4 -> new ToServerKind.WebSocketMessage(bytes(), random.nextBoolean());
            case 5 -> new ToServerKind.WebSocketMessageAck(u16());
            default -> new ToServerKind.WebSocketClose(maybeU16(), maybe(this::string), random.nextBoolean());
        };
    }

    private ToClientKind toClientKind() {
        return switch (random.nextInt(6)) {
            case 0 ->
                new ToClientKind.RequestStart(
                        string(), string(), string(), strings(), maybe(this::bytes), random.nextBoolean());
            case 1 -> new ToClientKind.RequestChunk(bytes(), random.nextBoolean());
            case 2 -> new ToClientKind.RequestAbort();
            case 3 -> new ToClientKind.WebSocketOpen(string(), string(), strings());
            case 4 -> new ToClientKind.WebSocketMessage(bytes(), random.nextBoolean());
            default -> new ToClientKind.WebSocketClose(maybeU16(), maybe(this::string));
        };
    }

    private ActorCheckpoint checkpoint() {
        return new ActorCheckpoint(string(), random.nextInt(), random.nextLong());
    }

    private MessageId messageId() {
        return new MessageId(random.nextInt(), random.nextInt(), u16());
    }

    private KvMetadata metadata() {
        return new KvMetadata(bytes(), random.nextLong());
    }

    private int u16() {
        return random.nextInt(1 << 16);
    }

    private OptionalInt maybeU16() {
        return random.nextBoolean() ? OptionalInt.of(u16()) : OptionalInt.empty();
    }

    private OptionalLong maybeLong() {
        return random.nextBoolean() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty();
    }

    private <T> Optional<T> maybe(Supplier<T> value) {
        return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
    }

    private <T> List<T> list(Supplier<T> element) {
        return Stream.generate(element).limit(random.nextInt(4)).toList();
    }

    private Map<String, String> strings() {
        Map<String, String> values = new LinkedHashMap<>();
        for (int size = random.nextInt(4); size > 0; size--) {
            values.put(string(), string());
        }
        return values;
    }

    private int length() {
        return random.nextInt(200) == 0 ? RARE_LENGTH : LENGTHS[random.nextInt(LENGTHS.length)];
    }

    private byte[] bytes() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    private String string() {
        boolean isAscii = random.nextBoolean();
        StringBuilder text = new StringBuilder();
        for (int length = length(); length > 0; length--) {
            text.appendCodePoint(CHARACTERS[random.nextInt(isAscii ? 4 : CHARACTERS.length)]);
        }
        return text.toString();
    }
}
