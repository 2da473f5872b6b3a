package mayfly.http;

import io.netty.handler.codec.DateFormatter;
import java.util.Date;

/** The Date header, written at most once a second. */
final class HttpDate {
    private record Written(long second, String text) {}

    private volatile Written last = new Written(-1, "");

    @SuppressWarnings("JavaUtilDate") // what the formatter takes
    String at(long epochMillis) {
        long second = epochMillis / 1000;
        Written written = last;
        if (written.second != second) {
            written = new Written(second, DateFormatter.format(new Date(second * 1000)));
            last = written;
        }
        return written.text;
    }
}
