package mayfly.gateway.rivet;

import java.io.IOException;
import java.util.List;
import mayfly.actors.ActorEngine;
import mayfly.base.RefusedException;
import mayfly.http.Exchange;

/** Takes what is for runners and actors; everything else is left to others. */
public final class RivetGateway implements AutoCloseable {
    private final Doorman doorman;
    private final RunnerSockets runners;
    private final ActorRequests actors;
    private final LiveSockets live = new LiveSockets();

    /** @param room what bodies may take in memory */
    public RivetGateway(ActorEngine engine, Doorman doorman, Room room) {
        this(engine, doorman, room, GatewayTimes.DEFAULT);
    }

    RivetGateway(ActorEngine engine, Doorman doorman, Room room, GatewayTimes times) {
        this.doorman = doorman;
        this.runners = new RunnerSockets(engine, doorman);
        this.actors = new ActorRequests(engine, room, times, live);
        engine.hibernatingSockets(live);
    }

    /** False when the request is for neither; then nothing was done with it. */
    public boolean handle(Exchange exchange) throws IOException {
        boolean webSocket = exchange.wantsWebSocket();
        String host = exchange.host();
        Target target = Routing.of(new Routing.Head(
                exchange.rawTarget(),
                exchange.header("x-rivet-target"),
                exchange.header("x-rivet-actor"),
                webSocket,
                webSocket ? exchange.webSocketProtocols() : List.of(),
                host == null ? "" : host));
        if (target instanceof Target.Other) {
            return false;
        }
        String ray = RayId.next();
        try {
            doorman.checkOpen(exchange);
        } catch (RefusedException e) {
            Answers.fail(exchange, GuardError.forbidden(String.valueOf(e.getMessage())), ray);
            return true;
        }
        switch (target) {
            case Target.RunnerSocket _ -> runners.serve(exchange, ray);
            case Target.Wrong(var error) -> Answers.fail(exchange, error, ray);
            case Target.OfActor actor -> actors.serve(exchange, actor, ray);
            case Target.Other _ -> throw new AssertionError("told above");
        }
        return true;
    }

    /** Client sockets that outlive the stays of their actors. */
    int hibernating() {
        return live.size();
    }

    @Override
    public void close() {
        live.close();
    }
}
