@org.jspecify.annotations.NullMarked
module mayfly.http {
    requires static org.jspecify;
}
