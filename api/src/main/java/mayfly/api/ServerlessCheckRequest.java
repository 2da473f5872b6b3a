package mayfly.api;

import java.util.Map;
import java.util.Optional;

/** Asks whether runners can be had from an endpoint. */
public record ServerlessCheckRequest(String url, Optional<Map<String, String>> headers) {}
