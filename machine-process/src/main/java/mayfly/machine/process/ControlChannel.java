package mayfly.machine.process;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentAnswerCodec;
import mayfly.machine.Frame;
import mayfly.machine.FrameRead;
import mayfly.machine.FrameType;

/** The first connection to a zygote: loads the code, and asks whether it still answers. */
final class ControlChannel implements AutoCloseable {
    private final WorkChannel channel;
    private final Deadlines deadlines;
    private final ReentrantLock use = new ReentrantLock();
    private volatile boolean silent;

    ControlChannel(WorkChannel channel, Deadlines deadlines) {
        this.channel = channel;
        this.deadlines = deadlines;
    }

    /** What the zygote says to an INIT; malformed when it says nothing in time or ends. */
    AgentAnswer init(Frame init, long millis) {
        use.lock();
        try (var _ = deadlines.after(millis, this::fallSilent)) {
            channel.send(init);
            return answer();
        } catch (IOException e) {
            return new AgentAnswer.Malformed("INIT could not be sent: " + e.getMessage());
        } finally {
            use.unlock();
        }
    }

    /** The first thing that the other side says by itself; malformed when it says nothing in time or ends. */
    AgentAnswer await(long millis) {
        use.lock();
        try (var _ = deadlines.after(millis, this::fallSilent)) {
            return answer();
        } finally {
            use.unlock();
        }
    }

    private AgentAnswer answer() {
        return channel.receive() instanceof FrameRead.Whole(Frame frame) && frame.type() == FrameType.RESPONSE
                ? AgentAnswerCodec.answer(frame.meta())
                : new AgentAnswer.Malformed("no answer");
    }

    /** Whether a deadline passed: then the channel is closed. */
    boolean isSilent() {
        return silent;
    }

    boolean ping(long millis) {
        use.lock();
        try (var _ = deadlines.after(millis, this::fallSilent)) {
            channel.send(Frame.PING);
            return channel.receive() instanceof FrameRead.Whole(Frame frame) && frame.type() == FrameType.PING;
        } catch (IOException e) {
            return false;
        } finally {
            use.unlock();
        }
    }

    private void fallSilent() {
        silent = true;
        channel.abandon();
    }

    @Override
    public void close() {
        channel.abandon();
        use.lock();
        try {
            channel.close();
        } finally {
            use.unlock();
        }
    }
}
