package mayfly.checks.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table a benchmark prints: what, measured, target, verdict; as text and as Markdown for SPEC.md. */
final class Report {
    private record Row(String what, String measured, String target, String verdict) {}

    private final List<Row> rows = new ArrayList<>();

    /** A value that should be at most the target. */
    void atMost(String what, double value, double target, String unit, String note) {
        add(what, value, unit, "≤ " + number(target) + " " + unit, value <= target, note);
    }

    /** A value that should be at least the target. */
    void atLeast(String what, double value, double target, String unit, String note) {
        add(what, value, unit, "≥ " + number(target) + " " + unit, value >= target, note);
    }

    /** A value without a target: a baseline, or something good to know. */
    void note(String what, double value, String unit, String note) {
        print(new Row(what, text(value, unit, note), "", ""));
    }

    void skipped(String what, String why) {
        print(new Row(what, "skipped: " + why, "", ""));
    }

    private void add(String what, double value, String unit, String target, boolean met, String note) {
        print(new Row(what, text(value, unit, note), target, met ? "met" : "MISSED"));
    }

    private void print(Row row) {
        rows.add(row);
        System.out.printf(Locale.ROOT, "%-58s %-44s %-14s %s%n", row.what, row.measured, row.target, row.verdict);
    }

    private static String text(double value, String unit, String note) {
        return number(value) + " " + unit + (note.isEmpty() ? "" : " (" + note + ")");
    }

    private static String number(double value) {
        return value >= 100 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.2f", value);
    }

    void printMarkdown() {
        System.out.println("\n| what | measured | target | |\n|---|---|---|---|");
        for (Row row : rows) {
            System.out.println(
                    "| " + row.what + " | " + row.measured + " | " + row.target + " | " + row.verdict + " |");
        }
    }
}
