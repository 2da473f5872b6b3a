package mayfly.machine.process;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import mayfly.linux.DirectoryFd;
import mayfly.linux.ErrnoException;

/** Asks a monitor one question on its {@code monitor.sock}. Blocks the calling virtual thread, not its carrier. */
final class MonitorClient {
    private static final int ANSWER_BYTES_MAX = 4096;
    private static final long ID = 1;

    private final ScheduledExecutorService timer;
    private final Duration deadline;

    /** @param timer runs only short actions */
    MonitorClient(ScheduledExecutorService timer, Duration deadline) {
        this.timer = timer;
        this.deadline = deadline;
    }

    MonitorAnswer status(SupervisedDirectory directory) throws IOException {
        return ask(directory, MonitorAnswerCodec.request(ID, "status"));
    }

    MonitorAnswer stop(SupervisedDirectory directory) throws IOException {
        return ask(directory, MonitorAnswerCodec.request(ID, "stop"));
    }

    MonitorAnswer kill(SupervisedDirectory directory, int signal) throws IOException {
        return ask(directory, MonitorAnswerCodec.kill(ID, signal));
    }

    /** @throws IOException this process has no descriptor left, or closes; every failure of the monitor is an answer */
    private MonitorAnswer ask(SupervisedDirectory directory, String request) throws IOException {
        try (DirectoryFd fd = DirectoryFd.open(directory.path());
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            AtomicBoolean late = new AtomicBoolean();
            Future<?> timeout = closeLater(channel, late);
            try {
                channel.connect(UnixDomainSocketAddress.of(fd.entry("monitor.sock")));
                ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                return readAnswer(channel);
            } catch (IOException e) {
                // Refused, no such file, broken pipe, reset: the lock tells what it means, not the error.
                return late.get() ? new MonitorAnswer.Silent() : new MonitorAnswer.Gone();
            } finally {
                timeout.cancel(false);
            }
        } catch (ErrnoException e) {
            if (e.errno() == mayfly.linux.Errno.ENOENT) {
                return new MonitorAnswer.Gone();
            }
            throw new IOException(e);
        }
    }

    private Future<?> closeLater(SocketChannel channel, AtomicBoolean late) throws IOException {
        try {
            return timer.schedule(
                    () -> {
                        late.set(true);
                        closeQuietly(channel);
                    },
                    deadline.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            throw new IOException("the supervisor is closed", e);
        }
    }

    private static MonitorAnswer readAnswer(SocketChannel channel) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
        while (answer.hasRemaining()) {
            int count = channel.read(answer);
            if (count < 0) {
                return new MonitorAnswer.Gone();
            }
            int end = answer.position();
            if (count > 0 && answer.get(end - 1) == '\n') {
                String line = new String(answer.array(), 0, end, StandardCharsets.UTF_8);
                return MonitorAnswerCodec.parse(line)
                        .map(MonitorAnswerCodec.Line::answer)
                        .orElseGet(() -> new MonitorAnswer.Refused(0, "protocol", "not an answer"));
            }
        }
        return new MonitorAnswer.Refused(0, "protocol", "an answer of over " + ANSWER_BYTES_MAX + " bytes");
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new AssertionError("closing a socket cannot fail on Linux", e);
        }
    }
}
