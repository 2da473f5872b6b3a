package mayfly.http;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** The Date header, written at most once a second, without the start-up cost of a DateTimeFormatter. */
final class HttpDate {
    private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private record Written(long second, String text) {}

    private volatile Written last = new Written(-1, "");

    String at(long epochMillis) {
        long second = epochMillis / 1000;
        Written written = last;
        if (written.second != second) {
            written = new Written(second, text(second));
            last = written;
        }
        return written.text;
    }

    static String text(long epochSecond) {
        LocalDateTime t = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
        StringBuilder out = new StringBuilder(29);
        out.append(DAYS[t.getDayOfWeek().getValue() - 1]).append(", ");
        two(out, t.getDayOfMonth()).append(' ').append(MONTHS[t.getMonthValue() - 1]);
        out.append(' ').append(t.getYear()).append(' ');
        two(out, t.getHour()).append(':');
        two(out, t.getMinute()).append(':');
        return two(out, t.getSecond()).append(" GMT").toString();
    }

    private static StringBuilder two(StringBuilder out, int number) {
        return out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }
}
