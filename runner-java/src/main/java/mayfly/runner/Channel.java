package mayfly.runner;

import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
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

    /** How long the engine may take to answer a close before the connection is cut. */
    private static final long CLOSE_MILLIS_MAX = 1_000;

    /** Ends the writer. */
    private static final Outgoing LAST = new Outgoing(new byte[0], false);

    /**
     * A message that waits to be sent.
     *
     * @param kept whether it is to go out on the next connection if it does not on this one
     */
    private record Outgoing(byte[] message, boolean kept) {}

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
    private final CompletableFuture<End> endThere = new CompletableFuture<>();
    private final AtomicReference<@Nullable End> endHere = new AtomicReference<>();
    private final BlockingQueue<Outgoing> queue = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    private final Object room = new Object();
    private long queuedBytes;

    private volatile long heardNanos = System.nanoTime();
    private volatile @Nullable WebSocket socket;
    private volatile @Nullable Outgoing taken; // by the writer, and not sent yet

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
            for (taken = queue.take(); taken != null && !taken.equals(LAST); taken = queue.take()) {
                to.sendBinary(ByteBuffer.wrap(taken.message()), true).join();
                sent(taken.message().length);
            }
            End end = endHere.get();
            if (end != null) {
                to.sendClose(end.code(), end.reason()).join();
                endThere.get(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException | ExecutionException | TimeoutException | CompletionException e) {
            endThere.complete(new End(1006, "the connection broke: " + e.getMessage()));
        } finally {
            to.abort();
            finish();
        }
    }

    private void sent(int bytes) {
        synchronized (room) {
            queuedBytes -= bytes;
            room.notifyAll();
        }
    }

    private void finish() {
        End here = endHere.get();
        end.complete(here != null ? here : endThere.getNow(new End(1006, "")));
        synchronized (room) {
            room.notifyAll();
        }
    }

    /** Never waits; in order. */
    void send(byte[] message, boolean kept) {
        synchronized (room) {
            queuedBytes += message.length;
        }
        queue.add(new Outgoing(message, kept));
    }

    /** After the end: what was to be kept and was not sent. */
    List<byte[]> unsent() {
        return Stream.concat(Stream.ofNullable(taken), queue.stream())
                .filter(Outgoing::kept)
                .map(Outgoing::message)
                .toList();
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
        endThere.complete(new End(code, reason));
        queue.add(LAST);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        endThere.complete(new End(1006, "the connection broke: " + error.getMessage()));
        queue.add(LAST);
    }

    /** Ends it from here, behind what was sent before, unless that takes too long. */
    void close(int code, String reason) {
        End mine = new End(code, reason.length() > 100 ? reason.substring(0, 100) : reason);
        if (endHere.compareAndSet(null, mine)) {
            queue.add(LAST);
            end.completeOnTimeout(mine, 2 * CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS);
            if (socket == null) {
                end.complete(mine);
            }
        }
    }

    /** Waits until it ended; one that is silent for so long is ended here. */
    End awaitEnd(long silenceMillisMax) throws InterruptedException {
        try {
            while (true) {
                long silence = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heardNanos);
                if (silence >= silenceMillisMax) {
                    close(SILENT, "silent for " + silence + " ms");
                    return end.get();
                }
                try {
                    return end.get(silenceMillisMax - silence, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    // Something was heard meanwhile, or it is ended in the next round.
                }
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** Whatever still hangs on it fails. */
    void abort() {
        WebSocket open = socket;
        if (open != null) {
            open.abort();
        }
    }
}
