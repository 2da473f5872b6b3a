package mayfly.api;

/** The methods that routes use. */
public enum HttpMethod {
    GET,
    POST,
    PUT,
    DELETE
}
