package mayfly.cli;

import mayfly.api.Route;

/** What a name on the command line means: ids tell by their prefix, service/NAME is a service, everything else is a function. */
record Subject(Kind kind, String name) {
    enum Kind {
        FUNCTION,
        TASK,
        INVOCATION,
        SERVICE
    }

    private static final String SERVICES = "service/";

    static Subject of(String text) {
        if (text.startsWith("task_")) {
            return new Subject(Kind.TASK, text);
        }
        if (text.startsWith(SERVICES)) {
            return new Subject(Kind.SERVICE, service(text));
        }
        return new Subject(text.startsWith("inv_") ? Kind.INVOCATION : Kind.FUNCTION, text);
    }

    /** The name of a service, where nothing else can be meant: with or without service/ in front. */
    static String service(String text) {
        return text.startsWith(SERVICES) ? text.substring(SERVICES.length()) : text;
    }

    /** The route that shows it. */
    Route get() {
        return switch (kind) {
            case FUNCTION -> Route.FUNCTION_GET;
            case TASK -> Route.TASK_GET;
            case INVOCATION -> Route.INVOCATION_GET;
            case SERVICE -> Route.SERVICE_GET;
        };
    }
}
