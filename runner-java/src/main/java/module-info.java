/** Hosts actors in Java. */
@org.jspecify.annotations.NullMarked
module mayfly.runner {
    requires java.net.http;
    requires static org.jspecify;
    requires mayfly.runner.protocol;

    exports mayfly.runner;
}
