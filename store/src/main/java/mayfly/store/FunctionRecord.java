package mayfly.store;

import java.time.Instant;
import java.util.List;
import mayfly.base.FunctionId;

/**
 * A function; what it runs is in its versions.
 *
 * @param runtime of the latest version, for listing
 * @param tags of the latest version, for listing
 * @param latest the highest version number, from 1
 */
public record FunctionRecord(
        FunctionId id,
        String name,
        String runtime,
        List<String> tags,
        int latest,
        Instant createdAt,
        Instant updatedAt) {
    public FunctionRecord {
        tags = List.copyOf(tags);
    }
}
