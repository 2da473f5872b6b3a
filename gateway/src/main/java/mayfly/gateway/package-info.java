/**
 * Owns the way in: who may call, which call it is, and how answers and failures look on the wire. Refuses decisions about
 * functions and tasks: those are the node's.
 */
package mayfly.gateway;
