/** The node's REST interface. */
@org.jspecify.annotations.NullMarked
module mayfly.gateway {
    requires static org.jspecify;
    requires java.management;
    requires jdk.management;
    requires transitive mayfly.actors;
    requires transitive mayfly.api;
    requires transitive mayfly.http;
    requires transitive mayfly.node;

    exports mayfly.gateway;
}
