package mayfly.machine.kvm;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import mayfly.base.Limits;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentAnswerCodec;
import mayfly.machine.AgentRequest;
import mayfly.machine.BoundedLog;
import mayfly.machine.Frame;
import mayfly.machine.FrameAssembler;
import mayfly.machine.FrameType;
import mayfly.machine.GuestError;
import mayfly.machine.LogSink;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import org.jspecify.annotations.Nullable;

/** With an agent, in frames on descriptor 3. */
final class FrameConversation implements Conversation {
    static final int CHANNEL = 3;
    private static final byte[] STDOUT = "{\"stream\":1}".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] STDERR = "{\"stream\":2}".getBytes(StandardCharsets.US_ASCII);
    private static final long SEED_END = 1L << 53;

    private FrameAssembler assembler = new FrameAssembler();
    private BoundedLog log = new BoundedLog(LogSink.NONE);
    private @Nullable Frame answer;
    private Runnable stop = () -> {};

    @Override
    public boolean begin(Descriptors descriptors, Work work, Runnable newStop) {
        log = new BoundedLog(work.logs());
        ask(descriptors, AgentRequest.exec(work, ThreadLocalRandom.current().nextLong(SEED_END)), newStop);
        return true;
    }

    /** Sends any frame and listens for what comes. */
    void ask(Descriptors descriptors, Frame frame, Runnable newStop) {
        assembler = new FrameAssembler();
        answer = null;
        stop = newStop;
        for (int fd = 1; fd <= 2; fd++) {
            byte[] meta = fd == 1 ? STDOUT : STDERR;
            if (descriptors.get(fd) instanceof Channel output) {
                output.setReceiver((bytes, count) ->
                        log.take(new Frame(FrameType.LOG, meta, java.util.Arrays.copyOf(bytes, count))));
            }
        }
        if (descriptors.get(CHANNEL) instanceof Channel channel) {
            channel.setReceiver(this::received);
            channel.give(FrameAssembler.bytes(frame));
        }
    }

    private void received(byte[] bytes, int count) {
        assembler.take(bytes, count, this::frame);
        if (assembler.trouble() != null) {
            stop.run();
        }
    }

    private void frame(Frame frame) {
        if (frame.type() == FrameType.LOG) {
            log.take(frame);
        } else if (answer == null) {
            answer = frame;
            stop.run();
        }
    }

    /** What the agent says of itself; null before it said anything. */
    @Nullable
    AgentAnswer said() {
        Frame frame = answer;
        if (frame != null) {
            return frame.type() == FrameType.RESPONSE
                    ? AgentAnswerCodec.answer(frame.meta())
                    : new AgentAnswer.Malformed("unexpected frame " + frame.type());
        }
        String trouble = assembler.trouble();
        return trouble == null ? null : new AgentAnswer.Malformed(trouble);
    }

    boolean pinged() {
        return answer != null && answer.type() == FrameType.PING;
    }

    @Override
    public @Nullable Outcome outcome() {
        AgentAnswer said = said();
        return said == null ? null : outcome(said);
    }

    private Outcome outcome(AgentAnswer said) {
        byte[] bytes = answer == null ? new byte[0] : answer.bytes();
        return switch (said) {
            case AgentAnswer.Ok(boolean json, long micros)
            when bytes.length <= Limits.PAYLOAD_BYTES_MAX -> new Outcome.Success(bytes, json, micros);
            case AgentAnswer.Ok(boolean _, long micros) -> new Outcome.HandlerError(tooLarge(bytes.length), micros);
            case AgentAnswer.Failed(GuestError error, long micros) -> new Outcome.HandlerError(error, micros);
            case AgentAnswer.Malformed(String reason) ->
                new Outcome.Crashed("broke the work channel's protocol: " + reason);
            case AgentAnswer.Ready _, AgentAnswer.Exited _, AgentAnswer.Refused _ ->
                new Outcome.Crashed("broke the work channel's protocol: an answer to a question that was not asked");
        };
    }

    static GuestError tooLarge(int bytes) {
        return new GuestError(
                "ResultTooLarge",
                "the result has " + bytes + " bytes, at most " + Limits.PAYLOAD_BYTES_MAX + " are allowed",
                "",
                "",
                0);
    }

    @Override
    public Outcome exited(int code) {
        return new Outcome.Crashed("exited with status " + code + " before it answered");
    }
}
