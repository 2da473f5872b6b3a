package mayfly.node;

import mayfly.base.ErrorCode;
import mayfly.base.RefusedException;
import mayfly.store.StoreException;

/** A failure of the store in words for callers, who need not know where it is: the log has the store's own words. */
public final class StoreRefusal {
    private StoreRefusal() {}

    /** STORE_FULL when there is no space left, else STORE_FAILED. */
    public static RefusedException of(StoreException failure) {
        return switch (failure.kind()) {
            case FULL ->
                new RefusedException(
                        ErrorCode.STORE_FULL,
                        "the node's store has no space left and nothing was written; free space where the node keeps "
                                + "its data, then try again",
                        failure);
            case BUSY ->
                new RefusedException(
                        ErrorCode.STORE_FAILED,
                        "the node's store is behind: more writes wait than it may queue; try again later",
                        failure);
            case CLOSED, FAILED, LOCKED, NEWER, TOO_LARGE ->
                new RefusedException(
                        ErrorCode.STORE_FAILED, "the node's store failed; the node's log says why", failure);
        };
    }
}
