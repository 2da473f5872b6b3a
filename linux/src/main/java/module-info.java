/** System calls and struct layouts: the only module with native access. */
@org.jspecify.annotations.NullMarked
module mayfly.linux {
    requires static org.jspecify;

    exports mayfly.linux;
}
