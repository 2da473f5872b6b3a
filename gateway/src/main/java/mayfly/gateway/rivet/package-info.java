/**
 * Rivet's surface, as its clients and runners know it: runners' sockets, and requests and WebSockets to actors, which are
 * held until the actor is ready and go on through its runner's socket. Refuses what is no business of an actor.
 */
@org.jspecify.annotations.NullMarked
package mayfly.gateway.rivet;
