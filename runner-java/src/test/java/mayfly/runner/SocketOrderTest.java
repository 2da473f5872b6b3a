package mayfly.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import mayfly.runner.protocol.HibernatingRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages of clients that stay over a sleep are handled once each, in order, also where their numbers begin again. */
class SocketOrderTest {
    private static Socket socket(boolean hibernates, int lastIndex) throws Exception {
        Socket socket = new Socket(
                new TunnelPort(new HibernatingRequest(1, 2), new Outbox()),
                new SocketRecord("/", Map.of()),
                false,
                (_, _, _) -> {});
        socket.open(new SocketHandler() {}, hibernates, lastIndex);
        return socket;
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, NEXT",
        "0, 0, REPEATED",
        "0, 2, SKIPPED",
        "5, 3, REPEATED",
        "65535, 0, NEXT",
        "65535, 1, SKIPPED",
        "0, 65535, REPEATED",
        "1, 65000, REPEATED",
        "10, 32777, SKIPPED",
        "10, 32778, REPEATED"
    })
    void theNumberSays(int last, int index, Socket.Order order) throws Exception {
        Socket socket = socket(true, last);
        assertThat(socket.take(index)).isEqualTo(order);
        assertThat(socket.lastIndex()).isEqualTo(order == Socket.Order.NEXT ? index : last);
    }

    @Test
    void othersAreNotCounted() throws Exception {
        assertThat(socket(false, 0).take(7)).isEqualTo(Socket.Order.NEXT);
    }
}
