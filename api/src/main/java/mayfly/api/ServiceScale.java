package mayfly.api;

import mayfly.base.ErrorCode;
import mayfly.base.Limits;

/** Changes how many machines a service may have. */
@Doc("How many machines a service may have at once.")
public record ServiceScale(int workers) {
    /** Throws when that is out of range. */
    public ServiceScale check() throws InvalidException {
        RequestProblems problems = new RequestProblems();
        problems.range("workers", java.util.Optional.of(workers), 1, Limits.MACHINES_PER_SERVICE_MAX, 1);
        problems.refuse(ErrorCode.SERVICE_INVALID);
        return this;
    }
}
