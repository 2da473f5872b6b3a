/**
 * Owns the tests that break something on purpose, from outside: handlers that misbehave, processes that are killed, a
 * disk without room, a host without descriptors. What they ask is always the same: who hears of it, who does not, does
 * it go on, and is anything left.
 */
package mayfly.checks.faults;
