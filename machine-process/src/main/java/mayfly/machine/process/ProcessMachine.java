package mayfly.machine.process;

import java.io.IOException;
import mayfly.base.Limits;
import mayfly.base.MachineId;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentAnswerCodec;
import mayfly.machine.AgentRequest;
import mayfly.machine.BoundedLog;
import mayfly.machine.Frame;
import mayfly.machine.FrameRead;
import mayfly.machine.FrameType;
import mayfly.machine.GuestError;
import mayfly.machine.LogSink;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import org.jspecify.annotations.Nullable;

/** Runs a function's calls. */
final class ProcessMachine extends SandboxMachine {
    private final ProcessTemplate template;

    private boolean awaitsReady; // guarded by use

    /** @param awaitsReady whether an INIT was sent whose answer was not read yet */
    ProcessMachine(MachineId id, ProcessTemplate template, WorkChannel channel, boolean awaitsReady) {
        super(id, template, channel);
        this.template = template;
        this.awaitsReady = awaitsReady;
    }

    @Override
    public Outcome exec(Work work) {
        use.lock();
        try (var _ = template.deadlines().after(work.timeout().toMillis(), this::expire)) {
            if (spent || gone || timedOut) {
                return new Outcome.NotStarted("the machine was used up or is gone");
            }
            spent = !template.reusable();
            return run(work);
        } finally {
            use.unlock();
        }
    }

    private Outcome run(Work work) {
        boolean sent = true;
        try {
            channel.send(AgentRequest.exec(work));
        } catch (IOException e) {
            sent = false; // it is gone; perhaps it said why
        }
        template.forkAhead(); // while this machine works, the sandbox has time to make the next
        Outcome outcome = awaitsReady ? ready() : null;
        if (outcome == null) {
            outcome = outcome(afterLogs(new BoundedLog(work.logs())));
        }
        if (outcome instanceof Outcome.Success || outcome instanceof Outcome.HandlerError) {
            return outcome;
        }
        spent = true;
        if (timedOut) {
            return new Outcome.TimedOut();
        }
        return sent || !(outcome instanceof Outcome.Crashed(var reason)) ? outcome : new Outcome.NotStarted(reason);
    }

    /** Null when the agent has loaded the code; otherwise how the machine ended instead. */
    private @Nullable Outcome ready() {
        awaitsReady = false;
        FrameRead read = afterLogs(new BoundedLog(LogSink.NONE));
        if (answer(read) instanceof AgentAnswer.Ready) {
            return null;
        }
        spent = true;
        return outcome(read);
    }

    /** Loads the code now instead of at the first exec; for the template's own first machine. */
    AgentAnswer awaitReady(long millis) {
        use.lock();
        try (var _ = template.deadlines().after(millis, this::expire)) {
            awaitsReady = false;
            return answer(afterLogs(new BoundedLog(LogSink.NONE)));
        } finally {
            use.unlock();
        }
    }

    private FrameRead afterLogs(BoundedLog log) {
        while (true) {
            FrameRead read = channel.receive();
            if (!(read instanceof FrameRead.Whole(Frame frame)) || frame.type() != FrameType.LOG) {
                return read;
            }
            log.take(frame);
        }
    }

    private AgentAnswer answer(FrameRead read) {
        return read instanceof FrameRead.Whole(Frame frame) && frame.type() == FrameType.RESPONSE
                ? AgentAnswerCodec.answer(frame.meta())
                : new AgentAnswer.Malformed(broken(read));
    }

    private Outcome outcome(FrameRead read) {
        return read instanceof FrameRead.Whole(Frame frame) && frame.type() == FrameType.RESPONSE
                ? outcome(AgentAnswerCodec.answer(frame.meta()), frame)
                : new Outcome.Crashed(broken(read));
    }

    private Outcome outcome(AgentAnswer answer, Frame frame) {
        return switch (answer) {
            case AgentAnswer.Ok(boolean json, long micros)
            when frame.bytes().length <= Limits.PAYLOAD_BYTES_MAX -> new Outcome.Success(frame.bytes(), json, micros);
            case AgentAnswer.Ok(boolean _, long micros) ->
                new Outcome.HandlerError(tooLarge(frame.bytes().length), micros);
            case AgentAnswer.Failed(GuestError error, long micros) -> new Outcome.HandlerError(error, micros);
            case AgentAnswer.Exited exited -> new Outcome.Crashed(Ending.of(exited, template.memoryBytes()));
            case AgentAnswer.Refused(String message) -> new Outcome.NotStarted(message);
            case AgentAnswer.Ready _ -> new Outcome.Crashed(protocol("an answer to a question that was not asked"));
            case AgentAnswer.Malformed(String reason) -> new Outcome.Crashed(protocol(reason));
        };
    }

    /** Why the channel gave no answer; afterwards the machine is on its way out. */
    private String broken(FrameRead read) {
        return switch (read) {
            case FrameRead.Ended(boolean insideFrame) -> {
                gone = true;
                yield closing
                        ? "the machine was closed"
                        : insideFrame ? "ended in the middle of a message" : "ended before it answered";
            }
            case FrameRead.Malformed(String reason) -> protocol(reason);
            case FrameRead.Whole(Frame frame) -> protocol("unexpected frame " + frame.type());
        };
    }

    private String protocol(String reason) {
        channel.hangUp();
        return "broke the work channel's protocol: " + reason;
    }

    private static GuestError tooLarge(int bytes) {
        return new GuestError(
                "ResultTooLarge",
                "the result has " + bytes + " bytes, at most " + Limits.PAYLOAD_BYTES_MAX + " are allowed",
                "",
                "",
                0);
    }

    @Override
    public boolean ping(long timeoutMillis) {
        use.lock();
        try (var _ = template.deadlines().after(timeoutMillis, this::expire)) {
            if (spent || gone || (awaitsReady && ready() != null)) {
                return false;
            }
            channel.send(Frame.PING);
            FrameRead read = channel.receive();
            if (read instanceof FrameRead.Whole(Frame frame) && frame.type() == FrameType.PING) {
                return true;
            }
            spent = true;
            return broken(read).isEmpty();
        } catch (IOException e) {
            spent = true;
            return false;
        } finally {
            use.unlock();
        }
    }
}
