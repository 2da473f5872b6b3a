package mayfly.runner.protocol;

/** Numbers that the wire has two bytes for. */
final class U16 {
    private static final int MAX = 0xffff;

    private U16() {}

    static void check(int value) {
        if (value < 0 || value > MAX) {
            throw new IllegalArgumentException(value + " is not between 0 and " + MAX);
        }
    }
}
