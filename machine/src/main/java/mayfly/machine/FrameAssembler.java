package mayfly.machine;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts bytes that come in pieces into messages; the counterpart of {@link FrameReader} where nobody can be asked for
 * more. Whatever comes, it neither throws nor takes more memory than twice what was really received.
 */
public final class FrameAssembler {
    private final byte[] header = new byte[Frame.HEADER_BYTES];
    private byte[] body = Frame.NOTHING;
    private int have;
    private FrameHeader.@Nullable Good current;
    private @Nullable String trouble;

    /** At the start of a stream. */
    public FrameAssembler() {}

    /** Takes bytes, and hands out each message that they complete. */
    public void take(byte[] bytes, int count, Consumer<Frame> frames) {
        int at = 0;
        while (trouble == null && (at < count || isComplete())) {
            FrameHeader.Good good = current;
            if (good == null) {
                int part = Math.min(count - at, Frame.HEADER_BYTES - have);
                System.arraycopy(bytes, at, header, have, part);
                have += part;
                at += part;
                if (have == Frame.HEADER_BYTES) {
                    begin();
                }
            } else {
                int length = good.metaLength() + good.bytesLength();
                int part = Math.min(count - at, length - have);
                if (have + part > body.length) {
                    body = Arrays.copyOf(body, (int) Math.min(length, Math.max(have + part, 2L * body.length)));
                }
                System.arraycopy(bytes, at, body, have, part);
                have += part;
                at += part;
                if (have == length) {
                    frames.accept(finish(good));
                }
            }
        }
    }

    private boolean isComplete() {
        FrameHeader.Good good = current;
        return good != null && have == good.metaLength() + good.bytesLength();
    }

    private void begin() {
        have = 0;
        switch (FrameHeader.take(ByteBuffer.wrap(header))) {
            case FrameHeader.Bad(var reason) -> trouble = reason;
            case FrameHeader.Good good -> current = good;
        }
    }

    private Frame finish(FrameHeader.Good good) {
        byte[] meta = Arrays.copyOf(body, good.metaLength());
        byte[] rest = Arrays.copyOfRange(body, good.metaLength(), good.metaLength() + good.bytesLength());
        current = null;
        have = 0;
        body = Frame.NOTHING;
        return new Frame(good.type(), meta, rest);
    }

    /** Why the stream is no good from here on; null while it is. */
    public @Nullable String trouble() {
        return trouble;
    }

    /** One message as bytes. */
    public static byte[] bytes(Frame frame) {
        ByteBuffer out = ByteBuffer.allocate(Frame.HEADER_BYTES + frame.meta().length + frame.bytes().length);
        FrameHeader.put(out, frame.type(), frame.meta().length, frame.bytes().length);
        out.put(frame.meta()).put(frame.bytes());
        return out.array();
    }
}
