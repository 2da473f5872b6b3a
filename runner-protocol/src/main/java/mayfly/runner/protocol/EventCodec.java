package mayfly.runner.protocol;

/** {@link EventWrapper} and its bytes. */
final class EventCodec {
    /** A checkpoint, a tag and a byte. */
    static final int BYTES_MIN = CheckpointCodec.BYTES_MIN + 2;

    private EventCodec() {}

    static void write(BareWriter to, EventWrapper event) {
        CheckpointCodec.write(to, event.checkpoint());
        switch (event.inner()) {
            case Event.Intent(var intent) -> {
                to.tag(0);
                to.tag(
                        switch (intent) {
                            case SLEEP -> 0;
                            case STOP -> 1;
                        });
            }
            case Event.StateUpdate(var state) -> {
                to.tag(1);
                writeState(to, state);
            }
            case Event.SetAlarm(var alarmTs) -> {
                to.tag(2);
                to.optionalI64(alarmTs);
            }
        }
    }

    private static void writeState(BareWriter to, ActorState state) {
        switch (state) {
            case ActorState.Running _ -> to.tag(0);
            case ActorState.Stopped(var code, var message) -> {
                to.tag(1);
                to.tag(
                        switch (code) {
                            case OK -> 0;
                            case ERROR -> 1;
                        });
                to.optionalString(message);
            }
        }
    }

    static EventWrapper read(BareReader from) throws MalformedMessageException {
        return new EventWrapper(CheckpointCodec.read(from), readEvent(from));
    }

    private static Event readEvent(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new Event.Intent(readIntent(from));
            case 1 -> new Event.StateUpdate(readState(from));
            case 2 -> new Event.SetAlarm(from.optionalI64());
            default -> throw from.unknown("Event", tag);
        };
    }

    private static ActorIntent readIntent(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> ActorIntent.SLEEP;
            case 1 -> ActorIntent.STOP;
            default -> throw from.unknown("ActorIntent", tag);
        };
    }

    private static ActorState readState(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> new ActorState.Running();
            case 1 -> new ActorState.Stopped(readStopCode(from), from.optionalString());
            default -> throw from.unknown("ActorState", tag);
        };
    }

    private static StopCode readStopCode(BareReader from) throws MalformedMessageException {
        int tag = from.tag();
        return switch (tag) {
            case 0 -> StopCode.OK;
            case 1 -> StopCode.ERROR;
            default -> throw from.unknown("StopCode", tag);
        };
    }
}
