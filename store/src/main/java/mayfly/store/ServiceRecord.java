package mayfly.store;

import java.time.Instant;
import mayfly.base.ServiceId;

/**
 * A service, as it was asked for.
 *
 * @param version counts its definitions, from 1
 * @param definition as JSON; the store does not look into it
 * @param updatedAt when this definition was given
 */
public record ServiceRecord(
        ServiceId id, String name, int version, String definition, Instant createdAt, Instant updatedAt) {}
