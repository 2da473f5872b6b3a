package mayfly.machine.kvm;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import mayfly.machine.Connection;
import mayfly.machine.ConnectionListener;
import mayfly.machine.Machine;
import mayfly.machine.MachineException;
import mayfly.machine.Served;
import mayfly.machine.Template;

/** A listener of the host, each of whose connections goes to a fork of a template, as a node has it. */
final class ServedTemplate implements AutoCloseable {
    private final Template template;
    private final ConnectionListener listener;
    private final Duration limit;
    private final Queue<Served> ends = new ConcurrentLinkedQueue<>();
    private final Queue<String> printed = new ConcurrentLinkedQueue<>();
    final int port;

    ServedTemplate(Template template, Duration limit) throws IOException {
        this.template = template;
        this.limit = limit;
        listener = ConnectionListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 512);
        port = Integer.parseInt(listener.address().substring(listener.address().lastIndexOf(':') + 1));
        var _ = Thread.ofPlatform().daemon().name("accepts").start(this::accept);
    }

    private void accept() {
        try {
            for (Connection each = listener.accept(); each != null; each = listener.accept()) {
                Connection connection = each;
                var _ = Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve(Connection connection) {
        try (Machine machine = template.fork()) {
            Served served = machine.serve(
                    connection, limit, (_, bytes) -> printed.add(new String(bytes, StandardCharsets.UTF_8)));
            ends.add(served);
        } catch (MachineException e) {
            ends.add(Served.notStarted(String.valueOf(e.getMessage())));
        }
        connection.close();
    }

    /** How connections ended, in the order in which they did. */
    List<Served> ends() {
        return List.copyOf(ends);
    }

    /** What the program printed while it served. */
    String printed() {
        return String.join("", printed);
    }

    Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    @Override
    public void close() {
        listener.close();
    }
}
