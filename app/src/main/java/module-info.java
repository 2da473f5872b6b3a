@org.jspecify.annotations.NullMarked
module mayfly.app {
    requires mayfly.api;
    requires org.tomlj;
    requires static org.jspecify;
}
