package mayfly.checks.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** One client of {@link HttpLoad}, on its own thread; its results are read after that thread ended. */
final class LoadClient implements Runnable {
    private static final int TIMEOUT_MILLIS = 30_000;
    /** Failures after which a client gives up: a server that refuses all would only be a busy loop. */
    private static final int FAILURES_MAX = 1_000;

    private final InetSocketAddress address;
    private final byte[] request;
    private final long measureFrom;
    private final long stopAt;
    private final AtomicLong budget;

    private final Latencies latencies = new Latencies();
    private final long[] statuses = new long[600];
    private final Map<String, Long> failures = new TreeMap<>();
    private long lastAnswer;

    LoadClient(InetSocketAddress address, byte[] request, long measureFrom, long stopAt, AtomicLong budget) {
        this.address = address;
        this.request = request;
        this.measureFrom = measureFrom;
        this.stopAt = stopAt;
        this.budget = budget;
        this.lastAnswer = measureFrom;
    }

    @Override
    public void run() {
        int failed = 0;
        while (System.nanoTime() - stopAt < 0 && budget.get() > 0 && failed < FAILURES_MAX) {
            try (Socket socket = new Socket()) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                socket.connect(address, TIMEOUT_MILLIS);
                exchange(socket);
            } catch (IOException e) {
                failed++;
                failures.merge(String.valueOf(e.getMessage()), 1L, Long::sum);
            }
        }
    }

    /** Sends requests until the time or the budget is over, or the server closes the connection in order. */
    private void exchange(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        AnswerReader answers = new AnswerReader(socket.getInputStream());
        long start = System.nanoTime();
        while (start - stopAt < 0) {
            boolean measured = start - measureFrom >= 0;
            if (measured && budget.getAndDecrement() <= 0) {
                return;
            }
            out.write(request);
            int status = answers.read();
            long end = System.nanoTime();
            if (measured) {
                latencies.record(end - start);
                statuses[status]++;
                lastAnswer = end;
            }
            if (answers.lastOnConnection()) {
                return;
            }
            start = end;
        }
    }

    Latencies latencies() {
        return latencies;
    }

    Map<Integer, Long> statuses() {
        Map<Integer, Long> counted = new TreeMap<>();
        for (int status = 0; status < statuses.length; status++) {
            if (statuses[status] > 0) {
                counted.put(status, statuses[status]);
            }
        }
        return counted;
    }

    Map<String, Long> failures() {
        return failures;
    }

    long lastAnswer() {
        return lastAnswer;
    }

    /** Finds the ends of answers; what they say beyond status and framing is dropped. */
    private static final class AnswerReader {
        private final InputStream in;
        private final byte[] buffer = new byte[16 * 1024];
        private int from;
        private int to;
        private boolean last;

        private final byte[] line = new byte[8 * 1024];
        private int lineLength;

        AnswerReader(InputStream in) {
            this.in = in;
        }

        int read() throws IOException {
            last = false;
            line();
            int status = decimal(9, 12);
            long length = -1;
            boolean chunked = false;
            for (line(); lineLength > 0; line()) {
                if (starts("content-length:")) {
                    length = decimal("content-length:".length(), lineLength);
                } else if (starts("transfer-encoding:")) {
                    chunked = true;
                } else if (starts("connection: close")) {
                    last = true;
                }
            }
            if (chunked) {
                chunks();
            } else if (length > 0) {
                skip(length);
            } else if (length < 0 && status != 204) {
                throw new IOException("an answer without a length");
            }
            return status;
        }

        boolean lastOnConnection() {
            return last;
        }

        private void chunks() throws IOException {
            while (true) {
                line();
                int size = 0;
                for (int i = 0; i < lineLength; i++) {
                    size = size << 4 | Character.digit(line[i], 16);
                }
                skip(size + 2L);
                if (size == 0) {
                    return;
                }
            }
        }

        private void line() throws IOException {
            lineLength = 0;
            while (true) {
                if (from == to) {
                    fill();
                }
                byte c = buffer[from++];
                if (c == '\n') {
                    lineLength--;
                    return;
                }
                if (lineLength == line.length) {
                    throw new IOException("an answer with a line over 8 KiB");
                }
                line[lineLength++] = c;
            }
        }

        private void skip(long count) throws IOException {
            long left = count;
            while (left > 0) {
                if (from == to) {
                    fill();
                }
                int step = (int) Math.min(left, to - from);
                from += step;
                left -= step;
            }
        }

        private void fill() throws IOException {
            int read = in.read(buffer, 0, buffer.length);
            if (read < 0) {
                throw new EOFException("connection closed within an exchange");
            }
            from = 0;
            to = read;
        }

        private boolean starts(String lowerCase) {
            if (lineLength < lowerCase.length()) {
                return false;
            }
            for (int i = 0; i < lowerCase.length(); i++) {
                byte c = line[i];
                if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lowerCase.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private int decimal(int start, int end) {
            int value = 0;
            for (int i = start; i < end; i++) {
                if (line[i] != ' ') {
                    value = value * 10 + (line[i] - '0');
                }
            }
            return value;
        }
    }
}
