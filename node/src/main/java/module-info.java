@org.jspecify.annotations.NullMarked
module mayfly.node {
    requires static org.jspecify;
}
