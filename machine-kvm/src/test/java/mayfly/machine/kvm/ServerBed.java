package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import mayfly.linux.SocketPoll;
import mayfly.linux.StreamListener;
import mayfly.linux.StreamSocket;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.program.CallTrace;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.WaitingPoint;

/** A server in a machine, frozen where it waits for a connection, and a fork of it that serves what clients send. */
final class ServerBed {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CALLS_SHOWN = 60;

    /** A client of one connection. */
    @FunctionalInterface
    interface Client<T> {
        T talk(Socket socket) throws IOException;
    }

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final List<String> calls = new ArrayList<>();

    /**
     * Boots a server with the host's programs in view, and lets a fork of it serve one connection after the other.
     *
     * @param shown directory that is shown at its own path
     * @param rounds connections
     * @return what the client said each time
     */
    <T> List<T> serve(Path shown, List<String> command, long memoryBytes, int rounds, Client<T> client)
            throws Exception {
        return Bed.on((kvm, signal) -> {
            Descriptors descriptors = new Descriptors();
            for (int fd = 0; fd < 3; fd++) {
                descriptors.set(fd, new Output(output::writeBytes), false);
            }
            try (HostView view = HostView.standard()) {
                view.addDirectory(shown, shown.toString());
                FileTree files = view.tree(64 << 20, 4096);
                VirtualMachine booted = VirtualMachine.boot(
                        kvm,
                        memoryBytes,
                        files,
                        command.getFirst(),
                        command,
                        List.of("PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C"),
                        descriptors);
                booted.program().setNetwork(Network.loopback());
                booted.program().trace(new CallTrace(this::note));
                untilItWaits(booted, signal);
                booted.program().trace(null);
                try (Snapshot snapshot = booted.freeze();
                        VirtualMachine machine = snapshot.fork(kvm)) {
                    return serve(machine, signal, rounds, client);
                }
            }
        });
    }

    private void note(String call) {
        calls.add(call);
    }

    private String about() {
        List<String> last = calls.subList(Math.max(0, calls.size() - CALLS_SHOWN), calls.size());
        return output.toString(StandardCharsets.UTF_8) + "\n" + String.join("\n", last);
    }

    private void untilItWaits(VirtualMachine machine, ThreadSignal signal) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Stop stop = machine.run(signal, deadline);
            assertThat(stop).as(this::about).isInstanceOf(Stop.Idle.class);
            if (WaitingPoint.isForConnection(machine.program())) {
                return;
            }
            assertThat(System.nanoTime()).as(this::about).isLessThan(deadline);
            if (stop instanceof Stop.Idle(long next)) {
                LockSupport.parkNanos(Math.min(next, deadline) - System.nanoTime());
            }
        }
    }

    private <T> List<T> serve(VirtualMachine machine, ThreadSignal signal, int rounds, Client<T> client)
            throws Exception {
        List<T> said = new ArrayList<>();
        try (StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
                SocketPoll poll = SocketPoll.open()) {
            int port = Objects.requireNonNull(listener.local()).getPort();
            for (int round = 0; round < rounds; round++) {
                FutureTask<T> talking = new FutureTask<>(() -> {
                    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
                        socket.setSoTimeout((int) PATIENCE.toMillis());
                        return client.talk(socket);
                    }
                });
                Thread.ofPlatform().start(talking);
                calls.clear();
                machine.program().trace(new CallTrace(this::note));
                Stop end = serve(machine, signal, poll, Objects.requireNonNull(listener.accept()));
                assertThat(end).as(this::about).isEqualTo(new Stop.Asked());
                said.add(talking.get());
                if (Boolean.getBoolean("mayfly.trace")) {
                    System.out.println("connection " + round + ":\n" + String.join("\n", calls));
                }
                machine.reset();
                assertThat(machine.differences())
                        .as("pages that differ after round %d", round)
                        .isZero();
            }
        }
        return said;
    }

    /** Runs a machine until it closed its connection. */
    static Stop serve(VirtualMachine machine, ThreadSignal signal, SocketPoll poll, StreamSocket socket)
            throws Exception {
        Network network = machine.program().network();
        assertThat(network.offer(socket, network.listeners().getFirst(), machine.program()::stopAfterCall))
                .isNotNull();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Stop stop = machine.run(signal, deadline);
            if (!(stop instanceof Stop.Idle(long next))) {
                return stop;
            }
            network.await(poll, Math.min(next, deadline) - System.nanoTime());
        }
    }

    /** One request that asks the server to close; gives the whole answer. */
    static String get(Socket socket) throws IOException {
        socket.getOutputStream()
                .write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
