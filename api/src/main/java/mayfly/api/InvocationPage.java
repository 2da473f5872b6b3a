package mayfly.api;

import java.util.List;
import java.util.Optional;

/** Calls, newest first. */
@Doc("Calls, newest first.")
public record InvocationPage(
        List<InvocationResponse> items,

        @Doc("cursor of the next page; absent on the last") Optional<String> next) {}
