@org.jspecify.annotations.NullMarked
module mayfly.cli {
    requires static org.jspecify;
}
