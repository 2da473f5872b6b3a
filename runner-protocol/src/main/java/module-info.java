/** The messages between an engine and its runners, and their bytes. */
@org.jspecify.annotations.NullMarked
module mayfly.runner.protocol {
    requires static org.jspecify;

    exports mayfly.runner.protocol;
}
