package mayfly.http;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Joins the fragments of one message at a time. One thread. */
final class MessageJoiner {
    private static final byte[] NONE = new byte[0];
    private static final int CHECKED_CHARS = 4096;

    private final int messageBytesMax;
    private byte[] joined = NONE;
    private int length;
    private boolean text;

    MessageJoiner(int messageBytesMax) {
        this.messageBytesMax = messageBytesMax;
    }

    /** The first fragment of a message comes next. */
    void begin(boolean isText) {
        text = isText;
        length = 0;
    }

    /** Adds a fragment; false when the message is over its limit. */
    boolean add(ByteBuf fragment, boolean last) {
        int added = fragment.readableBytes();
        if (added > messageBytesMax - length) {
            return false;
        }
        if (length + added > joined.length) {
            // A message of one frame gets exactly its size; one of many grows by doubling.
            int room = last ? length + added : (int) Math.min(messageBytesMax, Math.max(length + added, 2L * length));
            joined = Arrays.copyOf(joined, room);
        }
        fragment.readBytes(joined, length, added);
        length += added;
        return true;
    }

    boolean isText() {
        return text;
    }

    /** The message; the joiner keeps nothing of it. */
    byte[] take() {
        byte[] message = joined.length == length ? joined : Arrays.copyOf(joined, length);
        joined = NONE;
        length = 0;
        return message;
    }

    int heldBytes() {
        return joined.length;
    }

    /** Whether bytes are UTF-8; without making a string of them. */
    static boolean isUtf8(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // which reports what it cannot decode
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer dropped = CharBuffer.allocate(Math.min(bytes.length + 1, CHECKED_CHARS));
        while (true) {
            CoderResult result = decoder.decode(in, dropped, true);
            if (!result.isOverflow()) {
                return !result.isError();
            }
            dropped.clear();
        }
    }
}
