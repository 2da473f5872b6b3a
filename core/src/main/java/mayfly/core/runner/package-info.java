/**
 * Owns the life of one runner: a process that hosts actors and is connected by at most one socket at a time. Decides
 * whether actors may be placed on it, when its silence or absence means that its actors are lost, and how it is drained.
 * Refuses to know which actors it has, and what travels over its socket.
 *
 * <h2>Sessions</h2>
 *
 * Each of a runner's sockets is a session, numbered by the shell so that later ones have greater numbers. The runner comes
 * back under the same id as long as it was not given up: the newer session takes the older one's place, and what is heard
 * of an older one changes nothing.
 *
 * <h2>Absence</h2>
 *
 * A closed socket says little: the process may have been killed, or its network cut for a moment. Nobody has to know as long
 * as nobody asks, so a runner may be away for as long as it may be silent. Once somebody waits for one of its actors, it is
 * given up as soon as its client should have come back if it lives.
 *
 * <p>Times are milliseconds of one clock, read by the shell when it makes the event.
 */
package mayfly.core.runner;
