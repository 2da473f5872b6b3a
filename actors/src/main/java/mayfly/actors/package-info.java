/**
 * Owns the actors of one node while they are awake: their state in memory, their commits, the commands to their runners
 * and the news from these; the runners' connections; the pools' queues and the runners started on demand. Refuses to know
 * HTTP: the gateway brings runners and requests here as plain messages.
 */
package mayfly.actors;
