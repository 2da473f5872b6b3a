package mayfly.store;

import java.time.Instant;
import java.util.List;
import mayfly.base.FunctionId;

/**
 * An immutable revision of a function.
 *
 * @param runtime and tags repeat what spec says, for listing
 * @param spec the whole specification as JSON; the store does not look into it
 * @param artifact SHA-256 of the archive that holds the code
 */
public record VersionRecord(
        FunctionId function,
        int version,
        String runtime,
        List<String> tags,
        String spec,
        String artifact,
        Instant createdAt) {
    public VersionRecord {
        tags = List.copyOf(tags);
    }
}
