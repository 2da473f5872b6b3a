package mayfly.http;

import java.io.IOException;

/** A process of its own for {@link OutOfFilesTest}: prints its port, ends when its standard input does. */
final class FewFilesServer {
    private FewFilesServer() {}

    public static void main(String[] args) throws IOException {
        try (HttpServer server = HttpServer.start(
                HttpServerSpec.at("127.0.0.1", 0), exchange -> exchange.send(200, Headers.NONE, new byte[0]))) {
            System.out.println(server.address().getPort());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }
}
