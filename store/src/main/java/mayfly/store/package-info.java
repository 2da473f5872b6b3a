/**
 * Owns durable state and its order: what was answered with success is on disk. Refuses decisions: it stores what the
 * lifecycles decided.
 *
 * <p>{@link mayfly.store.Stores} opens it. Behind the contract, {@code sql} has all that the engines share (the queue, the
 * group commit, the texts, the migrations), and {@code sqlite} and {@code postgres} have what differs.
 */
package mayfly.store;
