package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamSocketTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

    @Test
    void bytesGoBothWaysOverTcp() throws Exception {
        try (StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
                Memory memory = Memory.anonymous(4096)) {
            InetSocketAddress at = Objects.requireNonNull(listener.local());
            try (Socket client = new Socket(at.getAddress(), at.getPort());
                    StreamSocket server = Objects.requireNonNull(listener.accept())) {
                assertThat(server.read(memory, 0, 100)).isEqualTo(-Errno.EAGAIN);
                assertThat(server.ready(StreamSocket.READABLE | StreamSocket.WRITABLE))
                        .isEqualTo(StreamSocket.WRITABLE);
                assertThat(StreamListener.inet(server.address(true)))
                        .isEqualTo(new InetSocketAddress(Inet4Address.ofLiteral("127.0.0.1"), client.getLocalPort()));
                assertThat(StreamListener.inet(server.address(false))).isEqualTo(at);
                OutputStream out = client.getOutputStream();
                out.write(HELLO);
                await(server, StreamSocket.READABLE);
                assertThat(server.available()).isEqualTo(HELLO.length);
                assertThat(server.peek(memory, 50, 100)).isEqualTo(HELLO.length);
                assertThat(server.read(memory, 100, 3)).isEqualTo(3);
                assertThat(server.read(memory, 103, 100)).isEqualTo(2);
                byte[] got = new byte[5];
                memory.read(100, got, 0, 5);
                assertThat(got).isEqualTo(HELLO);
                assertThat(server.write(memory, 100, 5)).isEqualTo(5);
                assertThat(client.getInputStream().readNBytes(5)).isEqualTo(HELLO);
                client.shutdownOutput();
                await(server, StreamSocket.READ_HUNG_UP);
                assertThat(server.read(memory, 0, 10)).isZero();
                assertThat(server.shutdown(1)).isZero();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
                assertThat(server.write(memory, 0, 1)).isEqualTo(-Errno.EPIPE);
            }
        }
    }

    @Test
    void aConnectionGoesAlongWithBytes(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("s");
        try (StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
                StreamListener other = StreamListener.unix(path, 8);
                StreamSocket through = StreamSocket.connect(StreamListener.address(path));
                StreamSocket received = Objects.requireNonNull(other.accept());
                Memory memory = Memory.anonymous(4096)) {
            InetSocketAddress at = Objects.requireNonNull(listener.local());
            try (Socket client = new Socket(at.getAddress(), at.getPort());
                    StreamSocket server = Objects.requireNonNull(listener.accept())) {
                client.getOutputStream().write(HELLO);
                await(server, StreamSocket.READABLE);
                DescriptorMessage.send(through, HELLO, server);
                assertThat(received.read(memory, 0, 100)).isEqualTo(HELLO.length); // what came along is closed
                memory.write(0, HELLO, 0, HELLO.length);
                assertThat(server.write(memory, 0, HELLO.length)).isEqualTo(HELLO.length);
                assertThat(client.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                assertThat(TcpInfo.of(server)).isEqualTo(new TcpInfo(HELLO.length, HELLO.length));
                assertThat(TcpInfo.of(through)).isEqualTo(TcpInfo.UNKNOWN);
                StreamSocket gone = StreamSocket.connect(StreamListener.address(path));
                gone.close();
                assertThat(TcpInfo.of(gone)).isEqualTo(TcpInfo.UNKNOWN);
                assertThatThrownBy(() -> DescriptorMessage.send(through, HELLO, gone))
                        .hasMessageContaining("EBADF");
                received.shutdown(2);
                assertThatThrownBy(() -> DescriptorMessage.send(through, HELLO, server))
                        .isInstanceOf(ErrnoException.class)
                        .hasMessageContaining("EPIPE");
            }
        }
    }

    private static void await(StreamSocket socket, int events) throws ErrnoException {
        try (SocketPoll poll = SocketPoll.open()) {
            long end = System.nanoTime() + 10_000_000_000L;
            while ((socket.ready(events) & events) == 0 && System.nanoTime() < end) {
                poll.add(socket, events);
                poll.await(end - System.nanoTime());
            }
            assertThat(socket.ready(events) & events).isEqualTo(events);
        }
    }

    @Test
    void unixListenersAreConnectedToByUs(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("s");
        try (StreamListener listener = StreamListener.unix(path, 8);
                Memory memory = Memory.anonymous(4096);
                StreamSocket server = pair(listener, path, memory)) {
            assertThat(listener.local()).isNull();
            assertThat(server.read(memory, 0, 100)).isEqualTo(7);
            assertThat(server.read(memory, 0, 100)).isZero();
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertThatThrownBy(() -> channel.connect(UnixDomainSocketAddress.of(path)))
                    .isInstanceOf(java.net.ConnectException.class);
        }
        assertThatThrownBy(() -> StreamListener.unix(path, 8))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE));
    }

    /** The accepted end; the other one wrote seven bytes and closed. */
    private static StreamSocket pair(StreamListener listener, Path path, Memory memory) throws ErrnoException {
        StreamSocket client = StreamSocket.connect(StreamListener.address(path));
        assertThat(client.write(memory, 0, 7)).isEqualTo(7);
        client.close();
        assertThat(client.read(memory, 0, 100)).isEqualTo(-Errno.EBADF);
        return Objects.requireNonNull(listener.accept());
    }

    @Test
    void aResetIsAnErrorOfTheConnection() throws Exception {
        try (StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("::1"), 0, 8);
                Memory memory = Memory.anonymous(4096)) {
            Socket client = new Socket(
                    InetAddress.ofLiteral("::1"),
                    Objects.requireNonNull(listener.local()).getPort());
            try (StreamSocket server = Objects.requireNonNull(listener.accept())) {
                client.setSoLinger(true, 0);
                client.close();
                await(server, StreamSocket.READABLE);
                assertThat(server.ready(0) & StreamSocket.HUNG_UP).isNotZero();
                assertThat(server.read(memory, 0, 10)).isEqualTo(-104); // ECONNRESET
            }
        }
    }

    @Test
    void whoWaitsIsWoken() throws Exception {
        StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
        FutureTask<StreamSocket> accepting = new FutureTask<>(listener::accept);
        Thread.ofPlatform().start(accepting);
        listener.close();
        assertThat(accepting.get()).isNull();
        try (SocketPoll poll = SocketPoll.open()) {
            poll.wake();
            poll.await(Long.MAX_VALUE); // woken before
            Thread waker = Thread.ofPlatform().start(poll::wake);
            poll.await(Long.MAX_VALUE);
            waker.join();
            poll.await(1);
        }
    }
}
