@org.jspecify.annotations.NullMarked
module mayfly.app {
    requires static org.jspecify;
}
