@org.jspecify.annotations.NullMarked
module mayfly.linux {
    requires static org.jspecify;
}
