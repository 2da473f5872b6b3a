package mayfly.gateway.rivet;

import mayfly.base.RefusedException;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/** The gateway's rules about who may come in. */
public interface Doorman {
    /** Throws unless a request may go on, by the token that it shows and where it comes from. */
    void check(Exchange exchange) throws RefusedException;

    /** Throws unless a request that shows no token may go on. */
    void checkOpen(Exchange exchange) throws RefusedException;

    /** Whether somebody with this token, or with none, may act as a runner. */
    boolean admits(@Nullable String token);
}
