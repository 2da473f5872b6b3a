@org.jspecify.annotations.NullMarked
module mayfly.core {
    requires static org.jspecify;
}
