package mayfly.machine.host;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import mayfly.machine.BoundedLog;
import mayfly.machine.Frame;
import mayfly.machine.FrameType;
import mayfly.machine.Outcome;
import mayfly.machine.Work;
import org.jspecify.annotations.Nullable;

/** A connection to the host, used by one machine, or for one question, at a time. */
final class Lane implements AutoCloseable {
    /** The host broke the protocol or is gone; the lane is closed. */
    static final class Broken extends Exception {
        private static final long serialVersionUID = 1;

        private final boolean gone;

        Broken(String reason, boolean gone) {
            super(reason);
            this.gone = gone;
        }

        /** Whether all that is known is that the host hung up. */
        boolean isGone() {
            return gone;
        }
    }

    private static final String GONE = "it is gone";
    private static final long NEVER = Long.MAX_VALUE;
    private static final byte[] STDOUT = "{\"stream\":1}".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final byte[] STDERR = "{\"stream\":2}".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final HostChannel channel;
    private final long slackMillis;
    private final Consumer<IOException> lost;
    private long calls;
    /** When somebody who waits for the host loses patience, on System.nanoTime; NEVER when nobody waits. */
    private volatile long deadlineNanos = NEVER;

    private volatile @Nullable String trouble;

    /**
     * @param slackMillis what the host needs beyond the time that it was given
     * @param lost told when the host does not take what is sent
     */
    Lane(HostChannel channel, long slackMillis, Consumer<IOException> lost) {
        this.channel = channel;
        this.slackMillis = slackMillis;
        this.lost = lost;
    }

    /** Asks, and waits for the one answer. */
    HostMessage.Answer ask(HostMessage.Request request, long patienceMillis) throws Broken {
        long call = begin(patienceMillis);
        try {
            send(call, request);
            return next(call);
        } finally {
            deadlineNanos = NEVER;
        }
    }

    /** Whether a machine is well; the call's number is from {@link #begin}. */
    boolean answers(long call, HostMessage.Ping ping) throws Broken {
        try {
            send(call, ping);
            return switch (next(call)) {
                case HostMessage.Pong(boolean well) -> well;
                case HostMessage.Answer other -> throw broken("it answered a ping with " + name(other));
            };
        } finally {
            deadlineNanos = NEVER;
        }
    }

    /** The number of the next call: whoever cancels it needs to know. */
    long begin(long patienceMillis) {
        deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis + slackMillis);
        return ++calls;
    }

    /** Runs work; its number is from {@link #begin}. An exec that could not be sent is not begun. */
    Outcome exec(long call, HostMessage.Exec request, Work work) throws Broken {
        try {
            try {
                channel.send(new HostFrame(call, request));
            } catch (IOException e) {
                close();
                lost.accept(e);
                return new Outcome.NotStarted("the machine host is gone");
            }
            BoundedLog logs = new BoundedLog(work.logs());
            while (true) {
                switch (next(call)) {
                    case HostMessage.Log(int stream, var bytes) ->
                        logs.take(new Frame(FrameType.LOG, stream == 2 ? STDERR : STDOUT, bytes));
                    case HostMessage.Ended(var outcome) -> {
                        return outcome;
                    }
                    case HostMessage.Answer other -> throw broken("it answered work with " + name(other));
                }
            }
        } finally {
            deadlineNanos = NEVER;
        }
    }

    /** Ends the exec under way, or one that was begun and not yet sent. From any thread. */
    void cancel(long call) {
        tell(call, new HostMessage.Cancel());
    }

    void release() {
        tell(++calls, new HostMessage.Release());
    }

    private void tell(long call, HostMessage.Request request) {
        try {
            channel.send(new HostFrame(call, request));
        } catch (IOException e) {
            close(); // the host ends what a closed connection's machine does
        }
    }

    private void send(long call, HostMessage.Request request) throws Broken {
        try {
            channel.send(new HostFrame(call, request));
        } catch (IOException e) {
            throw broken(GONE);
        }
    }

    private HostMessage.Answer next(long call) throws Broken {
        return switch (channel.receive()) {
            case HostRead.Whole(HostFrame(long number, HostMessage.Answer answer)) when number == call -> answer;
            case HostRead.Whole(HostFrame(long number, var message)) ->
                throw broken("it answered call " + call + " with " + name(message) + " for call " + number);
            case HostRead.Malformed(var reason) -> throw broken("it broke the protocol: " + reason);
            case HostRead.Ended _ -> throw broken(GONE);
        };
    }

    static String name(HostMessage message) {
        return message.getClass().getSimpleName();
    }

    private Broken broken(String reason) {
        close();
        String known = trouble;
        return new Broken(
                "the machine host failed: " + (known == null ? reason : known), known == null && reason.equals(GONE));
    }

    /** Whether the host had more time than it may take. */
    boolean isOverdue(long nowNanos) {
        long deadline = deadlineNanos;
        return deadline != NEVER && nowNanos - deadline > 0;
    }

    /** Ends the lane under who uses it, who is told why. */
    void abandon(String why) {
        trouble = why;
        close();
    }

    @Override
    public void close() {
        channel.close();
    }

    boolean isOpen() {
        return channel.isOpen();
    }
}
