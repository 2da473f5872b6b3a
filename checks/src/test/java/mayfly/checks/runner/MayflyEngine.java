package mayfly.checks.runner;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import mayfly.checks.rest.ChildNode;

/** A node of ours, in a process of its own, always on the same port. */
final class MayflyEngine implements Engine {
    private final String endpoint;
    private ChildNode node;

    private MayflyEngine(String endpoint, ChildNode node) {
        this.endpoint = endpoint;
        this.node = node;
    }

    static MayflyEngine start(Path directory) throws IOException {
        return start(directory, Optional.empty());
    }

    /** One that demands a token, if there is one. */
    static MayflyEngine start(Path directory, Optional<String> token) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String address = "127.0.0.1:" + port;
        ChildNode.Launch launch = ChildNode.at(directory.resolve("data")).flag("listen", address);
        token.ifPresent(it -> launch.env("MAYFLY_TOKEN", it));
        return new MayflyEngine("http://" + address, launch.start());
    }

    @Override
    public String endpoint() {
        return endpoint;
    }

    @Override
    public void interrupt() throws IOException {
        node = node.restarted();
    }

    @Override
    public void close() {
        node.close();
    }
}
