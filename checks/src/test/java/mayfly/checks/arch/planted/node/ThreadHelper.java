package mayfly.checks.arch.planted.node;

/** Planted: a name that says nothing. */
final class ThreadHelper {
    private ThreadHelper() {}
}
