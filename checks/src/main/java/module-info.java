/** Checks that need more than one module: load, benchmarks, conformance, architecture. Never shipped. */
@org.jspecify.annotations.NullMarked
module mayfly.checks {
    requires static org.jspecify;
    requires mayfly.http;

    exports mayfly.checks.bench;
}
