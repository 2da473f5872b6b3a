@org.jspecify.annotations.NullMarked
module mayfly.checks {
    requires static org.jspecify;
}
