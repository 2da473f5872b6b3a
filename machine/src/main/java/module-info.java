/** The machine contract, the supervision contract and the work channel's codec; no mechanism of its own. */
@org.jspecify.annotations.NullMarked
module mayfly.machine {
    requires static org.jspecify;
    requires transitive mayfly.base;
    requires transitive mayfly.linux;
    requires tools.jackson.databind;

    exports mayfly.machine;
}
