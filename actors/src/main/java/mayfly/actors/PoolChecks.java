package mayfly.actors;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a pool's definition may say. Pure. */
final class PoolChecks {
    private static final int HEADERS_MAX = 16;
    private static final int HEADER_CHARS_MAX = 4_096;
    private static final int RUNNERS_MAX = 10_000;
    private static final int SLOTS_MAX = 100_000;
    private static final int LIFESPAN_SECONDS_MAX = 31_536_000;
    /** Whoever asks for more frequent looks gets this. */
    static final long POLL_MILLIS_MIN = 5_000;
    /** Those that the client or the protocol writes. */
    private static final Set<String> OWN_HEADERS =
            Set.of("connection", "content-length", "expect", "host", "upgrade", "transfer-encoding");

    private PoolChecks() {}

    static void serverless(PoolConfig.Serverless it, List<String> problems) {
        if (!isHttp(it.url())) {
            problems.add("url is an absolute http or https URL without a query");
        }
        it.headers().ifPresent(headers -> {
            if (headers.size() > HEADERS_MAX) {
                problems.add("headers: at most " + HEADERS_MAX);
            }
            headers.forEach((name, value) -> {
                boolean fits = name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
                        && value.length() <= HEADER_CHARS_MAX
                        && value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 127));
                if (!fits || OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                    problems.add("headers: '" + name + "' is no header field that can be set");
                }
            });
        });
        range("request_lifespan", Optional.of(it.requestLifespan()), 1, LIFESPAN_SECONDS_MAX, problems);
        range("slots_per_runner", it.slotsPerRunner(), 1, SLOTS_MAX, problems);
        runners(it.minRunners(), it.maxRunners(), it.runnersMargin(), problems);
        range("drain_grace_period", it.drainGracePeriod(), 0, LIFESPAN_SECONDS_MAX, problems);
        range("max_concurrent_actors", it.maxConcurrentActors(), 1, Integer.MAX_VALUE, problems);
        if (it.drainGracePeriod().isPresent() && it.drainGracePeriod().get() >= it.requestLifespan()) {
            problems.add("drain_grace_period is less than request_lifespan");
        }
        if (it.metadataPollInterval().isPresent() && it.metadataPollInterval().get() < 0) {
            problems.add("metadata_poll_interval is not negative");
        }
    }

    static void hosted(PoolConfig.Hosted it, List<String> problems) {
        if (it.command().isEmpty() || it.command().getFirst().isEmpty()) {
            problems.add("command names a program");
        }
        if (it.directory().isPresent() && !it.directory().get().startsWith("/")) {
            problems.add("directory is absolute");
        }
        range("slots_per_runner", it.slotsPerRunner(), 1, SLOTS_MAX, problems);
        runners(it.minRunners(), it.maxRunners(), it.runnersMargin(), problems);
        range("drain_grace_period", it.drainGracePeriod(), 0, LIFESPAN_SECONDS_MAX, problems);
        range("idle_seconds", it.idleSeconds(), 0, LIFESPAN_SECONDS_MAX, problems);
    }

    private static void runners(
            Optional<Integer> min, Optional<Integer> max, Optional<Integer> margin, List<String> problems) {
        range("min_runners", min, 0, RUNNERS_MAX, problems);
        range("max_runners", max, 0, RUNNERS_MAX, problems);
        range("runners_margin", margin, 0, RUNNERS_MAX, problems);
        if (max.isPresent() && min.orElse(0) > max.get()) {
            problems.add("min_runners is at most max_runners");
        }
    }

    private static boolean isHttp(String url) {
        try {
            URI uri = URI.create(url);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getQuery() == null
                    && uri.getFragment() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void range(String field, Optional<Integer> value, int min, int max, List<String> problems) {
        if (value.isPresent() && (value.get() < min || value.get() > max)) {
            problems.add(field + " is from " + min + " to " + max);
        }
    }
}
