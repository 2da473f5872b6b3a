package mayfly.cli;

import mayfly.api.Route;

/** What a name on the command line means: ids tell by their prefix, everything else is a function. */
record Subject(Kind kind, String name) {
    enum Kind {
        FUNCTION,
        TASK,
        INVOCATION
    }

    static Subject of(String text) {
        if (text.startsWith("task_")) {
            return new Subject(Kind.TASK, text);
        }
        return new Subject(text.startsWith("inv_") ? Kind.INVOCATION : Kind.FUNCTION, text);
    }

    /** The route that shows it. */
    Route get() {
        return switch (kind) {
            case FUNCTION -> Route.FUNCTION_GET;
            case TASK -> Route.TASK_GET;
            case INVOCATION -> Route.INVOCATION_GET;
        };
    }
}
