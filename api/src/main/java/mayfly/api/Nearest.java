package mayfly.api;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody probably meant to type. */
public final class Nearest {
    private static final int LENGTH_MAX = 64;

    private Nearest() {}

    /** The candidate with the smallest edit distance, when that is small enough to be a typing mistake. */
    public static Optional<String> of(String typed, Collection<String> candidates) {
        if (typed.length() > LENGTH_MAX) {
            return Optional.empty();
        }
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        String lower = typed.toLowerCase(Locale.ROOT).replace('-', '_');
        for (String candidate : candidates) {
            String known = candidate.toLowerCase(Locale.ROOT).replace('-', '_');
            int distance = distance(lower, known);
            // "memory" for "memory_mb": a whole word left out is a likelier mistake than its edit distance says.
            if (lower.length() >= 3 && (known.startsWith(lower + "_") || lower.startsWith(known + "_"))) {
                distance = Math.min(distance, 1);
            }
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return bestDistance <= Math.max(1, typed.length() / 3) ? Optional.ofNullable(best) : Optional.empty();
    }

    /** {@code "; did you mean x?"}, or empty text when nothing is near. */
    public static String hint(String typed, Collection<String> candidates) {
        return of(typed, candidates).map(name -> "; did you mean " + name + "?").orElse("");
    }

    /** Insertions, deletions, substitutions and swaps of neighbours that turn one into the other. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int substituted = cost[i - 1][j - 1] + (same ? 0 : 1);
                cost[i][j] = Math.min(substituted, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
