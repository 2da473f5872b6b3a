package mayfly.gateway;

import mayfly.actors.ActorEngine;
import mayfly.base.RefusedException;
import mayfly.gateway.rivet.Bearer;
import mayfly.gateway.rivet.Doorman;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/** Lets in whom the node's guard lets in, and programs that the node itself has started to host actors. */
final class ActorDoorman implements Doorman {
    private final Guard guard;
    private final ActorEngine engine;

    ActorDoorman(Guard guard, ActorEngine engine) {
        this.guard = guard;
        this.engine = engine;
    }

    @Override
    public void check(Exchange exchange) throws RefusedException {
        String authorization = exchange.header("authorization");
        String token = Bearer.token(authorization);
        boolean ours = token != null && engine.admits(token);
        guard.check(authorization, exchange.host(), exchange.header("origin"), ours);
    }

    @Override
    public void checkOpen(Exchange exchange) throws RefusedException {
        guard.check(null, exchange.host(), exchange.header("origin"), true);
    }

    @Override
    public boolean admits(@Nullable String token) {
        return guard.admits(token) || (token != null && engine.admits(token));
    }
}
