/**
 * Owns what all deciders share: the shape of a step. Refuses everything that acts: time, I/O, threads and locks are the
 * shells' business, and an architecture test keeps them out.
 */
package mayfly.core;
