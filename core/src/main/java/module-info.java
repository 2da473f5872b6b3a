/** Pure deciders, one package per lifecycle: {@code (state, event) -> Step(state, effects)}. No clock, no I/O, no locks. */
@org.jspecify.annotations.NullMarked
module mayfly.core {
    requires static org.jspecify;
    requires transitive mayfly.base;

    exports mayfly.core;
    exports mayfly.core.actor;
    exports mayfly.core.connection;
    exports mayfly.core.invocation;
    exports mayfly.core.pool;
    exports mayfly.core.request;
    exports mayfly.core.runner;
    exports mayfly.core.runnerpool;
    exports mayfly.core.task;
}
