package mayfly.machine.kvm;

import java.nio.charset.StandardCharsets;
import mayfly.machine.kvm.files.SocketAddress;
import mayfly.machine.kvm.files.SocketEnd;
import mayfly.machine.kvm.files.Transfer;
import mayfly.machine.kvm.program.Program;
import org.jspecify.annotations.Nullable;

/** A request over a connection within the machine: a server that answered it has done what it does only once. */
final class WarmRequest implements AutoCloseable {
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final SocketEnd client;

    private WarmRequest(SocketEnd client) {
        this.client = client;
    }

    /** Sends it; null: the program takes no connection there. */
    static @Nullable WarmRequest to(Program program, @Nullable SocketAddress listener) {
        SocketEnd client = listener == null
                ? null
                : program.network().connect(listener, program.files().kernelMemory());
        if (client == null) {
            return null;
        }
        long sent = client.write(Transfer.of(REQUEST, REQUEST.length));
        assert sent == REQUEST.length : "a new connection has room";
        return new WarmRequest(client);
    }

    /** Hangs up; what was answered is of no interest. */
    @Override
    public void close() {
        client.release();
    }
}
