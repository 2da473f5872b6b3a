package mayfly.machine;

/**
 * An error raised by user code.
 *
 * @param type the language's name of it: "ValueError", "TypeError", "SyntaxError"
 * @param stack the language's usual rendering; empty when there is none
 * @param line the 1-based line in the user's source, 0 when unknown
 */
public record GuestError(String type, String message, String stack, String file, int line) {}
