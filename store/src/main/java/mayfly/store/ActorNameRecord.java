package mayfly.store;

import mayfly.base.NamespaceId;

/**
 * A name under which actors of a namespace exist or may be made.
 *
 * @param metadata as JSON; the store does not look into it
 */
public record ActorNameRecord(NamespaceId namespace, String name, String metadata) {}
