package mayfly.api;

import java.util.Optional;

/** An error raised by a function's code. */
@Doc("An error raised by a function's code.")
public record FunctionError(
        @Doc("the language's name of it: ValueError, TypeError")
        String type,

        String message,

        @Doc("the language's usual rendering; empty when there is none")
        String stack,

        @Doc("file of the user's code") Optional<String> file,
        @Doc("line in that file, from 1") Optional<Integer> line) {}
