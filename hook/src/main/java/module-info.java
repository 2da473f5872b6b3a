/** The preload hook that makes servers the templates of their machines, as a resource. */
@org.jspecify.annotations.NullMarked
module mayfly.hook {
    requires static org.jspecify;

    exports mayfly.hook;
}
