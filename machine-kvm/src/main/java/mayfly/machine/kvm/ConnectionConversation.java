package mayfly.machine.kvm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import mayfly.linux.ErrnoException;
import mayfly.linux.SocketPoll;
import mayfly.linux.ThreadSignal;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.Outcome;
import mayfly.machine.Served;
import mayfly.machine.Served.End;
import mayfly.machine.Work;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.net.HostConnection;
import mayfly.machine.kvm.program.Foresight;
import mayfly.machine.kvm.program.Program;
import mayfly.machine.kvm.program.Stop;
import org.jspecify.annotations.Nullable;

/** With a server: one connection to its listener, after which its queue is empty until the reset. */
final class ConnectionConversation implements Conversation {
    private static final long WARM_NANOS_MAX = TimeUnit.SECONDS.toNanos(2);

    private final int port;
    private final boolean warms;
    private final Foresight foresight;
    private @Nullable SocketPoll poll; // made and used by the machine's thread, woken by others

    /**
     * @param port of the listener; 0: the first
     * @param warms whether a request of ours goes well with the server
     * @param foresight of the template
     */
    ConnectionConversation(int port, boolean warms, Foresight foresight) {
        this.port = port;
        this.warms = warms;
        this.foresight = foresight;
    }

    /** Serves a request of ours: its pages become the machine's own now and not in the first connection. */
    void warm(VirtualMachine vm, ThreadSignal signal) throws ErrnoException {
        WarmRequest request = warms ? WarmRequest.to(vm.program(), ServiceBoot.listener(vm, port)) : null;
        if (request != null) {
            vm.run(signal, System.nanoTime() + WARM_NANOS_MAX);
            request.close();
            vm.run(signal, System.nanoTime() + WARM_NANOS_MAX);
        }
    }

    /**
     * Lets a machine serve a connection until its program closed it.
     *
     * @param isOver whether to give up
     */
    Served serve(
            VirtualMachine vm,
            ThreadSignal signal,
            Connection connection,
            long deadline,
            LogSink logs,
            BooleanSupplier isOver)
            throws ErrnoException {
        HostConnection offered = offer(vm, connection, logs);
        if (offered == null) {
            return Served.notStarted("the program does not listen");
        }
        SocketPoll waiting = poll();
        while (true) {
            Stop stop = vm.run(signal, deadline);
            if (!offered.isOpen()) {
                return served(End.CLOSED, "", offered);
            }
            if (isOver.getAsBoolean()) {
                return served(End.CANCELLED, "the machine was closed", offered);
            }
            switch (stop) {
                case Stop.Exited(int code) -> {
                    return served(End.CRASHED, "exited with status " + code, offered);
                }
                case Stop.Killed(int number, String reason) -> {
                    return served(End.CRASHED, "was killed by signal " + number + ": " + reason, offered);
                }
                case Stop.Idle(long next) ->
                    vm.program().network().await(waiting, Math.min(deadline, next) - System.nanoTime());
                case Stop.Interrupted _, Stop.Asked _ -> {
                    if (vm.program().isMissed()) {
                        offered = again(vm, connection, offered, logs);
                    }
                }
            }
            if (System.nanoTime() - deadline >= 0) {
                return served(End.TIMED_OUT, "", offered);
            }
        }
    }

    private @Nullable HostConnection offer(VirtualMachine vm, Connection connection, LogSink logs) {
        SocketAddress listener = ServiceBoot.listener(vm, port);
        if (listener == null) {
            return null;
        }
        listen(vm.program(), logs);
        HostConnection offered =
                vm.program().network().offer(connection.socket(), listener, vm.program()::stopAfterCall);
        if (offered != null) {
            offered.taken().remember();
            vm.program().foretell(foresight, offered.taken()::forget);
        }
        return offered;
    }

    /** The program was taken for one that does something else: it begins anew, and is watched. */
    private HostConnection again(VirtualMachine vm, Connection connection, HostConnection before, LogSink logs)
            throws ErrnoException {
        byte[] read = before.takeBack();
        int pages = vm.reset();
        assert pages >= 0;
        HostConnection offered = Objects.requireNonNull(offer(vm, connection, logs), "it listened before");
        offered.taken().giveBack(read);
        return offered;
    }

    private static Served served(End end, String detail, HostConnection connection) {
        return new Served(end, detail, connection.received(), connection.sent());
    }

    /** Lets the sink have what the program prints from now on, and to where it may not connect. */
    static void listen(Program program, LogSink logs) {
        Descriptors descriptors = program.descriptors();
        program.network()
                .onRefusal(address -> logs.log(2, ServiceBoot.refusal(address).getBytes(StandardCharsets.UTF_8)));
        for (int fd = 1; fd <= 2; fd++) {
            int stream = fd;
            if (descriptors.get(fd) instanceof Channel output) {
                output.setReceiver((bytes, count) -> logs.log(stream, Arrays.copyOf(bytes, count)));
            }
        }
    }

    private synchronized SocketPoll poll() throws ErrnoException {
        SocketPoll made = poll;
        if (made == null) {
            made = SocketPoll.open();
            poll = made;
        }
        return made;
    }

    @Override
    public synchronized void wake() {
        if (poll != null) {
            poll.wake();
        }
    }

    @Override
    public synchronized void close() {
        if (poll != null) {
            poll.close();
            poll = null;
        }
    }

    @Override
    public boolean begin(Descriptors descriptors, Work work, Runnable stop) {
        return false;
    }

    @Override
    public @Nullable Outcome outcome() {
        return null;
    }

    @Override
    public Outcome exited(int code) {
        return new Outcome.Crashed("exited with status " + code);
    }
}
