package mayfly.api;

import java.util.List;
import java.util.Optional;

/** All machines of the node. */
@Doc("All machines of the node.")
public record MachinePage(List<MachineResponse> items, Optional<String> next) {}
