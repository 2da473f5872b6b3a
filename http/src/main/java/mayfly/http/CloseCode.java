package mayfly.http;

import java.nio.charset.StandardCharsets;

/** Codes and reasons of close frames, as RFC 6455 section 7.4 has them. */
public final class CloseCode {
    public static final int NORMAL = 1000;
    public static final int GOING_AWAY = 1001;
    public static final int PROTOCOL_ERROR = 1002;
    /** The close frame gave no code; never sent. */
    public static final int NONE = 1005;
    /** There was no close frame; never sent. */
    public static final int CUT = 1006;

    public static final int NOT_UTF8 = 1007;
    public static final int POLICY = 1008;
    public static final int TOO_BIG = 1009;
    public static final int FAILED = 1011;
    public static final int TRY_LATER = 1013;

    private static final int REASON_BYTES_MAX = 123;

    private CloseCode() {}

    /** Whether a close frame may carry the code. */
    public static boolean sendable(int code) {
        return (code >= 1000 && code <= 1014 && code != 1004 && code != NONE && code != CUT)
                || (code >= 3000 && code <= 4999);
    }

    /** The reason, cut between characters to what a close frame has room for. */
    static String reason(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= REASON_BYTES_MAX) {
            return text;
        }
        int end = REASON_BYTES_MAX;
        while ((utf8[end] & 0xc0) == 0x80) { // in the middle of a character
            end--;
        }
        return new String(utf8, 0, end, StandardCharsets.UTF_8);
    }
}
