package mayfly.actors;

import mayfly.base.NamespaceId;

/** Names one runner pool. */
record PoolName(NamespaceId namespace, String name) {}
