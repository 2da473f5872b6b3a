package mayfly.gateway.rivet;

import mayfly.actors.ActorPlace;
import mayfly.actors.ActorWatch;
import mayfly.actors.Tunnel;
import mayfly.http.WebSocket;
import mayfly.runner.protocol.ToServerKind;

/** What happens to a client's WebSocket to an actor. */
sealed interface SocketEvent {
    /** The client's side is there. */
    record Connected(WebSocket socket) implements SocketEvent {}

    /** The client said something. */
    record ClientSaid(byte[] data, boolean binary) implements SocketEvent {}

    /** The client is gone. */
    record ClientLeft(int code, String reason) implements SocketEvent {}

    /** The actor took it. */
    record Taken(ActorWatch watch, Tunnel tunnel, boolean hibernates) implements SocketEvent {}

    /** It will not be taken. */
    record Failed(GuardError error) implements SocketEvent {}

    /** The runner said this in a stay of the actor. */
    record RunnerSaid(int stay, ToServerKind message) implements SocketEvent {}

    /** The runner has another socket in a stay of the actor. */
    record RunnerReconnected(int stay) implements SocketEvent {}

    /** A stay of the actor is over. */
    record StayEnded(int stay) implements SocketEvent {}

    /** The actor can be reached there. */
    record ActorReady(ActorPlace place) implements SocketEvent {}

    /** A generation of the actor ended. */
    record ActorStopped(long generation) implements SocketEvent {}

    /** The actor is gone for good. */
    record ActorDestroyed() implements SocketEvent {}

    /** Time has passed. */
    record Tick() implements SocketEvent {}
}
