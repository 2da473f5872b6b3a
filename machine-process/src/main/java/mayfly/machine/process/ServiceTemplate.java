package mayfly.machine.process;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import mayfly.base.MachineId;
import mayfly.linux.DescriptorMessage;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;
import mayfly.linux.StreamListener;
import mayfly.linux.StreamSocket;
import mayfly.machine.Connection;
import mayfly.machine.LogSink;
import mayfly.machine.ServiceSpec;

/** A server at its waiting point, with the hook in it; or one that serves all connections itself. */
final class ServiceTemplate extends SandboxTemplate {
    private static final System.Logger LOG = System.getLogger(ServiceTemplate.class.getName());
    private static final int OUTPUT_BYTES = 8 * 1024;

    private final ServiceSpec spec;
    private final AtomicLong numbers = new AtomicLong();
    private final MachineId own; // of the one process that is shared
    /** Where a shared program's output goes: to who was served last. */
    private volatile LogSink shared = LogSink.NONE;

    ServiceTemplate(ProcessHost host, ServiceSpec spec, String name, DirectoryFd directory, ControlChannel control) {
        super(host, spec.name(), name, directory, control, ServicePlan.spares(spec));
        this.spec = spec;
        this.own = host.ids().machine();
        if (spec.shared()) {
            passOutput(HookHello.OUTPUT, 1);
            passOutput(HookHello.ERRORS, 2);
        }
    }

    boolean isShared() {
        return spec.shared();
    }

    long memoryBytes() {
        return spec.memoryBytes();
    }

    @Override
    SandboxMachine begin(SocketChannel socket) throws IOException {
        long number = numbers.incrementAndGet();
        HookHello.MACHINE.send(socket, number);
        var channel = new WorkChannel(socket, host().buffers());
        return register(new ServiceMachine(isShared() ? own : host().ids().machine(), number, this, channel));
    }

    /** Hands a copy of a connection over; whether the machine has it is for its answer to tell. */
    void deliver(long number, Connection connection) throws ErrnoException {
        byte[] address = StreamListener.address(directory().entry(SandboxPlan.SOCKET));
        try (StreamSocket delivery = StreamSocket.connect(address)) {
            DescriptorMessage.send(delivery, HookHello.DELIVERY.bytes(number), connection.socket());
        }
    }

    void logTo(LogSink logs) {
        shared = logs;
    }

    private void passOutput(HookHello kind, int stream) {
        Thread.ofVirtual().name("output of " + spec.name()).start(() -> {
            try (SocketChannel socket = open(directory())) {
                kind.send(socket, 0);
                InputStream in = Channels.newInputStream(socket);
                byte[] bytes = new byte[OUTPUT_BYTES];
                for (int n = in.read(bytes); n > 0; n = in.read(bytes)) {
                    shared.log(stream, Arrays.copyOf(bytes, n));
                }
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "{0}: no more output: {1}", spec.name(), e.getMessage());
            }
        });
    }

    @Override
    public boolean ping(long timeoutMillis) {
        return isShared() ? isRunning() : super.ping(timeoutMillis);
    }
}
