/** The shells of actors, their runners and the pools of these: what acts on the decisions of {@code core}. */
@org.jspecify.annotations.NullMarked
module mayfly.actors {
    requires static org.jspecify;
    requires transitive mayfly.api;
    requires transitive mayfly.base;
    requires transitive mayfly.core;
    requires transitive mayfly.runner.protocol;
    requires transitive mayfly.store;
    requires java.net.http;

    exports mayfly.actors;
}
