package mayfly.api;

import java.util.Map;

/** The definitions of pools by their names. */
public record PoolPage(Map<String, PoolAnswer> runnerConfigs, Pagination pagination) {}
