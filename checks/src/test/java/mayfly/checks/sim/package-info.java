/**
 * Deterministic simulations: real deciders in a simulated world, every interleaving made from one printed seed. A referee
 * that knows only events and effects judges them, and planted bugs show that it can say no.
 */
package mayfly.checks.sim;
