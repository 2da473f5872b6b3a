/** Ids, limits, time and the reasons for refusing: words that every other module uses. */
@org.jspecify.annotations.NullMarked
module mayfly.base {
    requires static org.jspecify;

    exports mayfly.base;
}
