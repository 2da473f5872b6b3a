package mayfly.api;

import java.util.List;
import java.util.Optional;

/** Functions by name. */
@Doc("Functions by name.")
public record FunctionPage(
        List<FunctionResponse> items,

        @Doc("cursor of the next page; absent on the last") Optional<String> next) {}
