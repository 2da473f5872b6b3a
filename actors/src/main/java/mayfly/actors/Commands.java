package mayfly.actors;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import mayfly.base.ActorId;
import mayfly.base.RunnerId;
import mayfly.runner.protocol.ActorCheckpoint;
import mayfly.runner.protocol.ActorConfig;
import mayfly.runner.protocol.Command;
import mayfly.runner.protocol.CommandWrapper;
import mayfly.runner.protocol.ProtocolMetadata;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import mayfly.store.ActorRecord;
import mayfly.store.ActorStore;

/** What runners are told, as frames. Of a generation, the start has number 0 and the stop number 1, said once or more. */
final class Commands {
    private static final long START = 0;
    private static final long STOP = 1;

    private final ActorStore store;
    private final Timers timers;
    private final ProtocolMetadata metadata;
    private volatile HibernatingSockets sockets = actor -> List.of();

    Commands(ActorStore store, Timers timers, EngineTimes times) {
        this.store = store;
        this.timers = timers;
        this.metadata = new ProtocolMetadata(
                times.runner().lostMillis(),
                times.actor().stop().toMillis(),
                OptionalLong.of(times.drainGrace().toMillis()));
    }

    void sockets(HibernatingSockets of) {
        sockets = of;
    }

    byte[] welcome(RunnerId runner) {
        return RunnerProtocol.encode(new ToClient.Init(runner.value(), metadata));
    }

    /** Reads the input from the store, so it may block. */
    byte[] start(ActorShell actor, long generation) {
        ActorRecord record = actor.known().record();
        ActorConfig config = new ActorConfig(
                record.name(), Optional.ofNullable(record.key()), timers.nowMillis(), store.actorInput(record.id()));
        return frame(record.id(), generation, START, new Command.StartActor(config, sockets.of(record.id())));
    }

    static byte[] stop(ActorId actor, long generation) {
        return frame(actor, generation, STOP, new Command.StopActor());
    }

    /** Events of this generation up to this one need not be told again. */
    static byte[] ack(ActorId actor, long generation, long index) {
        return RunnerProtocol.encode(
                new ToClient.AckEvents(List.of(new ActorCheckpoint(actor.value(), (int) generation, index))));
    }

    static byte[] ping(long nowMillis) {
        return RunnerProtocol.encode(new ToClient.Ping(nowMillis));
    }

    private static byte[] frame(ActorId actor, long generation, long index, Command command) {
        ActorCheckpoint checkpoint = new ActorCheckpoint(actor.value(), (int) generation, index);
        return RunnerProtocol.encode(new ToClient.Commands(List.of(new CommandWrapper(checkpoint, command))));
    }
}
