package mayfly.api;

import java.util.List;

/** What a file that declares services says. */
@Doc("Services that are to be there.")
public record ServiceDeclarations(List<ServiceRequest> services) {}
