package mayfly.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Rows in aligned columns, as plain text. */
final class Table {
    private static final String GAP = "  ";
    private static final int CELL_CHARS_MAX = 60;

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... titles) {
        rows.add(List.of(titles));
    }

    void row(String... cells) {
        rows.add(java.util.Arrays.stream(cells).map(Table::printable).toList());
    }

    String text() {
        int columns = rows.getFirst().size();
        int[] width = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                width[i] = Math.max(width[i], row.get(i).length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i))
                        .repeat(' ', width[i] - row.get(i).length())
                        .append(GAP);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString();
    }

    /** {@code 5s}, {@code 3m}, {@code 2h}, {@code 4d}: how long ago. */
    static String age(Instant then, Instant now) {
        long seconds = Math.max(0, Duration.between(then, now).toSeconds());
        if (seconds < 120) {
            return seconds + "s";
        } else if (seconds < 7_200) {
            return seconds / 60 + "m";
        }
        return seconds < 172_800 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
    }

    /** {@code 0.85 ms}, {@code 1.20 s}. */
    static String micros(long micros) {
        if (micros < 1_000_000) {
            return "%.2f ms".formatted(micros / 1_000.0);
        }
        return "%.2f s".formatted(micros / 1_000_000.0);
    }

    /** {@code 0.8 MiB}. */
    static String bytes(long bytes) {
        return "%.1f MiB".formatted(bytes / 1_048_576.0);
    }

    /** What others wrote must not steer the terminal, nor break the table. */
    private static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", " ");
        return clean.length() <= CELL_CHARS_MAX ? clean : clean.substring(0, CELL_CHARS_MAX - 1) + "…";
    }
}
