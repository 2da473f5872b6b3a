package mayfly.api;

/** A namespace that a client of Rivet's interface wants. */
public record NamespaceCreateRequest(String name, String displayName) {}
