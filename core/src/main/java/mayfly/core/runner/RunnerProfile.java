package mayfly.core.runner;

import mayfly.base.RunnerId;

/**
 * What a runner said of itself.
 *
 * @param pool the name under which it offers itself
 * @param key its process's own name, by which it is known again when it reconnects
 * @param version of its program; actors are placed on the highest only
 * @param slots actors that it takes at once
 */
public record RunnerProfile(RunnerId id, String pool, String key, int version, int slots) {
    RunnerProfile saying(int version, int slots) {
        return new RunnerProfile(id, pool, key, version, slots);
    }
}
