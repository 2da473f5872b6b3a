package mayfly.http;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** A listener that sends everything back, and keeps how it ended. */
class Echo implements WebSocketListener {
    final Queue<String> ends = new ConcurrentLinkedQueue<>();
    final CountDownLatch open = new CountDownLatch(1);
    volatile WebSocket socket;

    @Override
    public void opened(WebSocket opened) {
        socket = opened;
        open.countDown();
    }

    @Override
    public void text(byte[] utf8) {
        socket.text(utf8);
    }

    @Override
    public void binary(byte[] data) {
        socket.binary(data);
    }

    @Override
    public void closed(int code, String reason) {
        ends.add(code + " " + reason);
    }
}
