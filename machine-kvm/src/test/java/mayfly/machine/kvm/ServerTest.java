package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import mayfly.linux.SocketPoll;
import mayfly.linux.StreamListener;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.load.ImageFile;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.WaitingPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that know nothing of us: forked where they wait for a connection, each fork serves one from the host. */
class ServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The argument says how it waits: blocking accept, poll, epoll level- and edge-triggered, select. */
    private static final String SERVER = """
            #define _GNU_SOURCE
            #include <arpa/inet.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <netinet/in.h>
            #include <netinet/tcp.h>
            #include <poll.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/epoll.h>
            #include <sys/select.h>
            #include <sys/socket.h>
            #include <unistd.h>
            static int count;
            static void die(const char *what) { perror(what); exit(9); }
            static int take(int l, int mode) {
                if (mode == 1) { struct pollfd p = {l, POLLIN, 0}; while (poll(&p, 1, 500) < 1) ; }
                if (mode == 4) { fd_set s; FD_ZERO(&s); FD_SET(l, &s); if (select(l + 1, &s, 0, 0, 0) != 1) die("select"); }
                struct sockaddr_storage peer; socklen_t n = sizeof peer;
                int c = accept4(l, (void *)&peer, &n, mode > 1 ? SOCK_NONBLOCK : 0);
                if (c < 0) { if (errno == EAGAIN) return -1; die("accept"); }
                if (peer.ss_family != AF_INET || n != 16) die("family");
                return c;
            }
            static void await(int e, int c, int events, int op) {
                struct epoll_event v = {.events = events, .data.fd = c};
                if (op && epoll_ctl(e, op, c, &v)) die("epoll_ctl");
                do { if (epoll_wait(e, &v, 1, -1) < 1) die("epoll_wait"); } while (v.data.fd != c);
            }
            int main(int argc, char **argv) {
                int mode = atoi(argv[1]), l = socket(AF_INET, SOCK_STREAM, 0), one = 1, e = epoll_create1(0);
                if (l < 0) die("socket");
                setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
                struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = INADDR_ANY};
                if (bind(l, (void *)&at, sizeof at)) die("bind");
                if (listen(l, 16)) die("listen");
                if (mode > 1) fcntl(l, F_SETFL, O_NONBLOCK);
                struct epoll_event v = {.events = EPOLLIN | (mode == 3 ? EPOLLET : 0), .data.fd = l};
                if (mode == 2 || mode == 3) if (epoll_ctl(e, EPOLL_CTL_ADD, l, &v)) die("add");
                for (;;) {
                    if (mode == 2 || mode == 3) epoll_wait(e, &v, 1, 700);
                    int c = take(l, mode);
                    if (c < 0) continue;
                    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    char line[100000]; int have = 0, n;
                    int ctl = EPOLL_CTL_ADD;
                    for (;;) {
                        n = read(c, line + have, sizeof line - have);
                        if (n == 0) break;
                        if (n < 0 && errno == EAGAIN) {
                            if (mode == 4) { struct pollfd p = {c, POLLIN, 0}; poll(&p, 1, -1); }
                            else { await(e, c, EPOLLIN | EPOLLRDHUP | (mode == 3 ? EPOLLET : 0), ctl); ctl = 0; }
                            continue;
                        }
                        if (n < 0) die("read");
                        have += n;
                        if (line[have - 1] == 10) {
                            char head[64]; int h = sprintf(head, "%d %d ", ++count, have);
                            write(c, head, h);
                            for (int at = 0; at < have; ) {
                                n = write(c, line + at, have - at);
                                if (n < 0 && errno == EAGAIN) { struct pollfd p = {c, POLLOUT, 0}; poll(&p, 1, -1); continue; }
                                if (n < 0) die("write");
                                at += n;
                            }
                            have = 0;
                        }
                    }
                    close(c);
                }
            }
            """;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void eachForkServesOneConnection(int mode, @TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Bed.compile(directory, "server", SERVER);
        Bed.on((kvm, signal) -> {
            Descriptors descriptors = new Descriptors();
            java.io.ByteArrayOutputStream said = new java.io.ByteArrayOutputStream();
            descriptors.set(1, new Output(said::writeBytes), false);
            descriptors.set(2, new Output(said::writeBytes), false);
            VirtualMachine booted = VirtualMachine.boot(
                    kvm,
                    16 << 20,
                    ImageFile.open(program, "/app/server"),
                    path -> {
                        throw new AssertionError("wanted " + path);
                    },
                    List.of("/app/server", Integer.toString(mode)),
                    List.of(),
                    descriptors);
            booted.program().setNetwork(Network.loopback());
            Stop stop = booted.run(signal, System.nanoTime() + PATIENCE.toNanos());
            assertThat(stop).as(said::toString).isInstanceOf(Stop.Idle.class);
            assertThat(WaitingPoint.isForConnection(booted.program())).isTrue();
            assertThat(booted.program().network().listeners()).hasToString("[ipv4:8080]");
            try (Snapshot snapshot = booted.freeze();
                    StreamListener listener = StreamListener.tcp(InetAddress.ofLiteral("127.0.0.1"), 0, 8);
                    SocketPoll poll = SocketPoll.open();
                    VirtualMachine machine = snapshot.fork(kvm)) {
                int port = Objects.requireNonNull(listener.local()).getPort();
                for (int round = 0; round < 6; round++) {
                    FutureTask<String> client = new FutureTask<>(() -> talk(port));
                    Thread.ofPlatform().start(client);
                    Stop end = ServerBed.serve(machine, signal, poll, Objects.requireNonNull(listener.accept()));
                    assertThat(end).as(said::toString).isEqualTo(new Stop.Asked());
                    assertThat(client.get()).isEqualTo("served");
                    machine.reset();
                    assertThat(machine.differences()).as("round %d", round).isZero();
                }
            }
            return null;
        });
    }

    private static String talk(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            String large = "x".repeat(60_000) + "\n";
            for (int i = 1; i <= 3; i++) {
                String line = i == 2 ? large : "hello\n";
                socket.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
                String expected = i + " " + line.length() + " " + line;
                byte[] got = socket.getInputStream().readNBytes(expected.length());
                assertThat(new String(got, StandardCharsets.UTF_8)).isEqualTo(expected);
            }
            socket.shutdownOutput();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            return "served";
        }
    }

    @Test
    void withoutANetworkThereAreNoSockets(@TempDir Path directory) throws Exception {
        Bed.needsKvm();
        Path program = Bed.compile(directory, "server", SERVER);
        Guest guest = Guest.run(program, "0");
        assertThat(guest.end()).isEqualTo(new Stop.Exited(9));
        assertThat(guest.error()).contains("Address family not supported");
    }
}
