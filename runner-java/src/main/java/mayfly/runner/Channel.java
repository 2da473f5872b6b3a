package mayfly.runner;

import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import mayfly.runner.protocol.MalformedMessageException;
import mayfly.runner.protocol.RunnerProtocol;
import mayfly.runner.protocol.ToClient;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the engine. Messages come in one at a time, on a thread of the client's; what is sent waits in a queue
 * that a thread of its own empties.
 */
final class Channel implements WebSocket.Listener {
    /** The codes of the protocol itself are not for programs: Java's client refuses to send them. */
    private static final int BROKEN_RULE = 4002;

    private static final int SILENT = 4008;

    /** Ends the writer: no message is empty. */
    private static final byte[] LAST = {};

    /** How a connection ended; 1006 when nobody said so. */
    record End(int code, String reason) {
        boolean isEviction() {
            return reason.startsWith("ws.eviction");
        }

        @Override
        public String toString() {
            return code + " " + reason;
        }
    }

    private final BiConsumer<Channel, ToClient> receiver;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final BlockingQueue<byte[]> queue = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    private final Object room = new Object();
    private long queuedBytes;

    private volatile long heardNanos = System.nanoTime();
    private volatile @Nullable WebSocket socket;

    Channel(BiConsumer<Channel, ToClient> receiver) {
        this.receiver = receiver;
    }

    @Override
    public void onOpen(WebSocket opened) {
        socket = opened;
        Thread.ofVirtual().name("mayfly-runner-send").start(() -> write(opened));
        opened.request(1);
    }

    private void write(WebSocket to) {
        try {
            for (byte[] message = queue.take(); message.length > 0; message = queue.take()) {
                to.sendBinary(ByteBuffer.wrap(message), true).join();
                synchronized (room) {
                    queuedBytes -= message.length;
                    room.notifyAll();
                }
            }
        } catch (InterruptedException | CompletionException e) {
            finish(1006, "the connection broke: " + e.getMessage());
        }
    }

    /** Never waits; in order. */
    void send(byte[] message) {
        synchronized (room) {
            queuedBytes += message.length;
        }
        queue.add(message);
    }

    void awaitRoom() throws InterruptedException {
        synchronized (room) {
            while (queuedBytes > RunnerLimits.QUEUED_BYTES_MAX && !end.isDone()) {
                room.wait();
            }
        }
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        heardNanos = System.nanoTime();
        if (parts.size() + (long) data.remaining() > RunnerProtocol.MESSAGE_BYTES_MAX) {
            close(BROKEN_RULE, "a message over the limit");
            return null;
        }
        byte[] part = new byte[data.remaining()];
        data.get(part);
        if (!last) {
            parts.writeBytes(part);
        } else if (parts.size() == 0) {
            receive(part);
        } else {
            parts.writeBytes(part);
            byte[] whole = parts.toByteArray();
            parts.reset();
            receive(whole);
        }
        from.request(1);
        return null;
    }

    private void receive(byte[] message) {
        try {
            receiver.accept(this, RunnerProtocol.decodeToClient(message));
        } catch (MalformedMessageException e) {
            close(BROKEN_RULE, "a message that is none: " + e.getMessage());
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        close(BROKEN_RULE, "messages are binary");
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
        heardNanos = System.nanoTime();
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        finish(code, reason);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        finish(1006, "the connection broke: " + error.getMessage());
    }

    private void finish(int code, String reason) {
        if (end.complete(new End(code, reason))) {
            queue.add(LAST);
            synchronized (room) {
                room.notifyAll();
            }
        }
    }

    /** Ends it from here. */
    void close(int code, String reason) {
        WebSocket open = socket;
        if (open != null && !open.isOutputClosed()) {
            CompletableFuture<?> _ = open.sendClose(code, reason.length() > 100 ? reason.substring(0, 100) : reason)
                    .orTimeout(1, TimeUnit.SECONDS)
                    .whenComplete((_, _) -> open.abort());
        }
        finish(code, reason);
    }

    boolean isOpen() {
        return !end.isDone();
    }

    /** Waits until it ended; one that is silent for so long is ended here. */
    End awaitEnd(long silenceMillisMax) throws InterruptedException {
        while (true) {
            long silence = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heardNanos);
            if (silence >= silenceMillisMax) {
                close(SILENT, "silent for " + silence + " ms");
            }
            try {
                return end.get(Math.max(1, silenceMillisMax - silence), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // Something was heard meanwhile, or it is ended in the next round.
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
    }
}
