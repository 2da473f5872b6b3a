package mayfly.node;

import java.time.Instant;

/**
 * A machine that exists at this moment.
 *
 * @param state "starting", "warm", "busy" or "ending"
 * @param uses calls it was granted to
 */
public record MachineView(
        String id, String driver, String function, int version, String state, int uses, Instant createdAt) {}
