package mayfly.api;

/** The answer to a declaration. */
@Doc("A service that is as it was declared.")
public record ServiceDeclared(ServiceChange change, ServiceResponse service) {}
