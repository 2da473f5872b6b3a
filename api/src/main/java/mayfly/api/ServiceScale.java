package mayfly.api;

import mayfly.base.ErrorCode;

/** Changes how many connections a service serves at once. */
@Doc("How many connections a service serves at once.")
public record ServiceScale(int workers) {
    /** Throws when that is out of range for a service of that mode. */
    public ServiceScale check(ServiceMode mode) throws InvalidException {
        RequestProblems problems = new RequestProblems();
        problems.range("workers", java.util.Optional.of(workers), 1, mode.workersMax(), 1);
        problems.refuse(ErrorCode.SERVICE_INVALID);
        return this;
    }
}
