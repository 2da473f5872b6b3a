package mayfly.http;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The body of a connection's current request on its way in: gathered when small, else piped to the handler. */
final class Intake {
    private static final byte[] NONE = new byte[0];

    // Event loop only, but for holdsContinue.
    private byte[] gathered = NONE;
    private @Nullable BodyPipe pipe;
    private boolean arriving;
    /** The client waits for "100 Continue" and has sent nothing of its body. Event loop writes, any thread reads. */
    private volatile boolean holdsContinue;

    void gather(ByteBuf bytes) {
        int size = gathered.length;
        gathered = Arrays.copyOf(gathered, size + bytes.readableBytes());
        bytes.readBytes(gathered, size, gathered.length - size);
    }

    byte[] takeGathered() {
        byte[] whole = gathered;
        gathered = NONE;
        return whole;
    }

    BodyPipe open(boolean expectsContinue) {
        BodyPipe opened = new BodyPipe();
        pipe = opened;
        arriving = true;
        holdsContinue = expectsContinue;
        return opened;
    }

    /** True until the last byte of a piped body is here, also when its handler wants it no more. */
    boolean arriving() {
        return arriving;
    }

    boolean holdsContinue() {
        return holdsContinue;
    }

    /** True when the client is to be told now that it may send. */
    boolean letContinue() {
        boolean held = holdsContinue;
        holdsContinue = false;
        return held;
    }

    /** Gives bytes to the handler; true when it should get no more until it has read these. */
    boolean feed(ByteBuf bytes) {
        holdsContinue = false;
        byte[] chunk = new byte[bytes.readableBytes()];
        bytes.readBytes(chunk);
        return Objects.requireNonNull(pipe).offer(chunk);
    }

    void end() {
        arriving = false;
        if (pipe != null) {
            pipe.end();
        }
    }

    /** No more of this body can come. */
    void fail(IOException why) {
        arriving = false;
        if (pipe != null) {
            pipe.fail(why);
        }
    }

    /** The handler has answered. */
    void close() {
        if (pipe != null) {
            pipe.fail(new IOException("the rest of the request body was dropped when the response ended"));
            pipe = null;
        }
    }
}
