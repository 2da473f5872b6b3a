@org.jspecify.annotations.NullMarked
module mayfly.gateway {
    requires static org.jspecify;
}
