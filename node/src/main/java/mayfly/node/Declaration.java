package mayfly.node;

import mayfly.api.ServiceChange;

/** What {@link ServiceRegistry#declare} did. */
public record Declaration(ServiceChange change, ServiceView service) {}
