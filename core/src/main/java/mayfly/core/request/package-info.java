/**
 * One request to an actor, from its arrival to the end of its answer: held while the actor is not ready, sent to where it
 * is, sent again when that place was left before it answered. The same decides about the opening of one WebSocket.
 */
package mayfly.core.request;
