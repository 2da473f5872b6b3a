/** What runs inside machines, as resources. */
@org.jspecify.annotations.NullMarked
module mayfly.agents {
    requires static org.jspecify;

    exports mayfly.agents;
}
