package mayfly.api;

/** What a declaration did. */
@Doc("What a declaration did: created a service, replaced it, or left it as it was, since it was so already.")
public enum ServiceChange {
    CREATED,
    REPLACED,
    UNCHANGED
}
