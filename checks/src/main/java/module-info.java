/** Checks that need more than one module: load, benchmarks, conformance, architecture. Never shipped. */
@org.jspecify.annotations.NullMarked
module mayfly.checks {
    requires java.net.http;
    requires static org.jspecify;
    requires mayfly.http;

    exports mayfly.checks.bench;
}
