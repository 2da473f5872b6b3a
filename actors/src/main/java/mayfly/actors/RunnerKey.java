package mayfly.actors;

/** By which a runner's process is known again when it connects anew. */
record RunnerKey(PoolName pool, String key) {}
