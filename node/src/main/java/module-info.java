/** The shells of one node. */
@org.jspecify.annotations.NullMarked
module mayfly.node {
    requires static org.jspecify;
    requires transitive mayfly.api;
    requires transitive mayfly.base;
    requires transitive mayfly.core;
    requires transitive mayfly.machine;
    requires transitive mayfly.store;

    exports mayfly.node;
}
