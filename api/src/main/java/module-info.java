@org.jspecify.annotations.NullMarked
module mayfly.api {
    requires static org.jspecify;
}
