package mayfly.api;

import java.util.Optional;

/**
 * Where a list of Rivet's interface goes on.
 *
 * @param cursor absent when nothing follows
 */
public record Pagination(Optional<String> cursor) {}
