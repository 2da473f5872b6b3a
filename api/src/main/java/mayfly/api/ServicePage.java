package mayfly.api;

import java.util.List;
import java.util.Optional;

/** Services by name. */
@Doc("Services by name.")
public record ServicePage(
        List<ServiceResponse> items,

        @Doc("cursor of the next page; absent on the last") Optional<String> next) {}
