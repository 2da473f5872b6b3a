package mayfly.machine.process;

import java.time.Duration;
import mayfly.base.Limits;
import mayfly.base.MachineId;
import mayfly.linux.ErrnoException;
import mayfly.linux.TcpInfo;
import mayfly.machine.AgentAnswer;
import mayfly.machine.AgentAnswerCodec;
import mayfly.machine.Connection;
import mayfly.machine.Frame;
import mayfly.machine.FrameRead;
import mayfly.machine.LogSink;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.Work;
import org.jspecify.annotations.Nullable;

/**
 * A fork of a server, for one connection; or one connection of a server that is shared. We keep a copy of the connection:
 * so it can be cut off whatever the program does, and what went over it is the kernel's word.
 */
final class ServiceMachine extends SandboxMachine {
    private static final int SHUTDOWN_BOTH = 2;
    private static final int LOG_BYTES_MAX = 64 * Limits.KIB;

    private final long number;
    private final ServiceTemplate template;
    private volatile @Nullable Connection serving;

    /** @param number as the hook knows it */
    ServiceMachine(MachineId id, long number, ServiceTemplate template, WorkChannel channel) {
        super(id, template, channel);
        this.number = number;
        this.template = template;
    }

    @Override
    public Outcome exec(Work work) {
        return new Outcome.NotStarted("a service's machine serves connections and nothing else");
    }

    @Override
    public Served serve(Connection connection, Duration limit, LogSink logs) {
        use.lock();
        try (var _ = template.deadlines().after(limit.toMillis(), this::expire)) {
            if (spent || gone || timedOut || closing) {
                return Served.notStarted("the machine was used up or is gone");
            }
            spent = true;
            serving = connection;
            template.logTo(logs);
            template.deliver(number, connection);
            template.forkAhead(); // while this machine works, the sandbox has time to make the next
            return ended(connection, conversation(logs));
        } catch (ErrnoException e) {
            channel.hangUp();
            return Served.notStarted("the sandbox takes no connection: " + HostFailure.reason(e));
        } finally {
            serving = null;
            use.unlock();
        }
    }

    /** How it went, as the sandbox tells it. */
    private record Told(boolean taken, End end, String detail) {}

    private Told conversation(LogSink logs) {
        boolean taken = false;
        while (true) {
            FrameRead read = channel.receive();
            if (!(read instanceof FrameRead.Whole(Frame frame))) {
                gone = read instanceof FrameRead.Ended;
                return new Told(taken, End.CRASHED, gone ? "its process is gone" : protocol("not a frame"));
            }
            switch (frame.type()) {
                case LOG -> {
                    if (frame.bytes().length > LOG_BYTES_MAX) {
                        return new Told(taken, End.CRASHED, protocol("a log of " + frame.bytes().length + " bytes"));
                    }
                    logs.log(AgentAnswerCodec.logStream(frame.meta()), frame.bytes());
                }
                case PING -> taken = true;
                case RESPONSE -> {
                    return told(taken, AgentAnswerCodec.answer(frame.meta()));
                }
                case INIT, EXEC -> {
                    return new Told(taken, End.CRASHED, protocol("unexpected frame " + frame.type()));
                }
            }
        }
    }

    private Told told(boolean taken, AgentAnswer answer) {
        return switch (answer) {
            case AgentAnswer.Ok _ -> new Told(true, End.CLOSED, "");
            case AgentAnswer.Exited exited ->
                new Told(taken, End.CRASHED, "the program " + Ending.ofServer(exited, template.memoryBytes()));
            case AgentAnswer.Refused(String message) -> new Told(false, End.CRASHED, message);
            case AgentAnswer.Failed _, AgentAnswer.Ready _ ->
                new Told(taken, End.CRASHED, protocol("an answer to a question that was not asked"));
            case AgentAnswer.Malformed(String reason) -> new Told(taken, End.CRASHED, protocol(reason));
        };
    }

    private String protocol(String reason) {
        channel.hangUp();
        return "the sandbox broke the hook's protocol: " + reason;
    }

    private Served ended(Connection connection, Told told) {
        boolean wasClosed = told.end() == End.CLOSED;
        if (!wasClosed && timedOut) {
            return served(connection, End.TIMED_OUT, "");
        } else if (!told.taken()) {
            return Served.notStarted(closing ? "the machine was closed" : told.detail());
        } else if (!wasClosed && closing) {
            return served(connection, End.CANCELLED, "the machine was closed");
        }
        return served(connection, told.end(), told.detail());
    }

    private static Served served(Connection connection, End end, String detail) {
        long unread = Math.max(0, connection.socket().available());
        TcpInfo counted = TcpInfo.of(connection.socket());
        connection.close();
        return new Served(end, detail, Math.max(0, counted.received() - unread), counted.sent());
    }

    /** A shared program lives on: its connection is cut off, which it sees. */
    private void cutOff() {
        Connection cut = serving;
        if (template.isShared() && cut != null) {
            long shut = cut.socket().shutdown(SHUTDOWN_BOTH);
            assert shut <= 0;
        }
    }

    @Override
    void expire() {
        if (template.isShared()) {
            timedOut = true;
            cutOff();
            channel.abandon(); // the program may take its time to close it
        } else {
            super.expire();
        }
    }

    @Override
    void beforeClose() {
        if (template.isShared()) {
            cutOff();
            channel.abandon();
        }
    }

    @Override
    void awaitDeath() {
        if (!template.isShared()) {
            super.awaitDeath();
        }
    }

    @Override
    public boolean ping(long timeoutMillis) {
        use.lock();
        try {
            return !spent && !gone && template.ping(timeoutMillis);
        } finally {
            use.unlock();
        }
    }
}
