/**
 * Owns durable state and its order: what was answered with success is on disk. Refuses decisions: it stores what the
 * lifecycles decided.
 */
package mayfly.store;
